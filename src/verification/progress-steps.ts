import type { VerificationProgress } from './progress.ts'

/** A station of the verification, for a list of steps. */
export type ProgressStep = {
  label: string
  state: 'done' | 'current' | 'waiting' | 'failed'
  detail: string | null
}

const stations = [
  {
    key: 'token',
    label: 'A token for this tenant',
    detail: 'Microsoft issues our app a token for this tenant. Right after an approval this takes a moment.',
  },
  {
    key: 'roles',
    label: 'The permissions',
    detail: 'The token carries every permission that was asked for.',
  },
  { key: 'live_call', label: 'A live call', detail: 'Each Defender interface answers one small question.' },
] as const

/** What a verification does one after the other, with how far it is. */
export function progressSteps(progress: VerificationProgress): ProgressStep[] {
  const awaited = stations.findIndex(({ key }) => key === progress.awaiting)
  return stations.map(({ label, detail }, index) => {
    const state = awaited < 0 || index < awaited ? 'done' : index === awaited ? 'current' : 'waiting'
    return { label, state, detail: state === 'done' ? null : detail }
  })
}
