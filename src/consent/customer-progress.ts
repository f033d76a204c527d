import { remedyForCustomer } from '../microsoft/failures/failure-names.ts'
import { describeForCustomer, type RoleKey } from '../microsoft/roles/roles.ts'
import type { VerificationProgress } from '../verification/progress.ts'

export type ProgressStep = {
  label: string
  state: 'done' | 'current' | 'waiting' | 'failed'
  detail?: string
}

/** The check after an approval, as the customer's page shows it. */
export type CustomerProgress = {
  underWay: boolean
  /** One sentence: what is waited for, or how it ended. */
  words: string
  outcome: 'pending' | 'complete' | 'partial' | 'failed'
  steps: ProgressStep[]
  /** What the customer's admin can do; null while nothing needs doing. */
  remedy: string | null
  /** Our name for the problem, to be passed on. */
  code: string | null
}

const stations = [
  { awaiting: 'token', label: 'Microsoft lets the app in' },
  { awaiting: 'roles', label: 'The permissions have arrived' },
  { awaiting: 'live_call', label: 'Microsoft Defender answers' },
] as const

/**
 * Turns the progress of a verification into the stations that a customer sees.
 * The first two are behind whoever sees the page.
 */
export function customerProgress(progress: VerificationProgress): CustomerProgress {
  const { lastError } = progress
  const outcome = outcomeOf(progress)
  const reached = stations.findIndex(({ awaiting }) => awaiting === progress.awaiting)
  const steps: ProgressStep[] = [
    { label: 'You approved at Microsoft', state: 'done' },
    { label: 'Your sign-in confirmed it', state: 'done' },
    ...stations.map(({ label }, index) => ({ label, state: stateOf(outcome, index, reached) })),
  ]
  const isWell = outcome === 'complete' || outcome === 'pending'
  const missing = progress.rolesMissing.map(role => describeForCustomer(role as RoleKey).name)
  return {
    underWay: outcome === 'pending',
    words:
      outcome === 'partial' && missing.length > 0
        ? `The connection works, without ${missing.join(', ')}.`
        : progress.words,
    outcome,
    steps,
    remedy: isWell || !lastError ? null : remedyForCustomer(lastError.code),
    code: isWell ? null : (lastError?.code ?? null),
  }
}

function outcomeOf({ underWay, status }: VerificationProgress): CustomerProgress['outcome'] {
  if (status === 'connected') return 'complete'
  // A tenant that works already goes on working while a renewed consent is checked.
  if (underWay || status === 'verifying') return 'pending'
  return status === 'degraded' ? 'partial' : 'failed'
}

function stateOf(
  outcome: CustomerProgress['outcome'],
  index: number,
  reached: number,
): ProgressStep['state'] {
  if (outcome === 'complete' || outcome === 'partial') return 'done'
  // Which station the last try failed at is not kept: the first open one says it.
  if (outcome === 'failed') return index === 0 ? 'failed' : 'waiting'
  const current = Math.max(reached, 0)
  if (index < current) return 'done'
  return index === current ? 'current' : 'waiting'
}
