import { graphAnswer } from './graph-answer.ts'

export type Event = { Timestamp: string; DeviceName: string }

/** So many events, one after the other within the last 20 days, the same whenever asked on one day. */
export function events(count: number): Event[] {
  const end = Math.floor(Date.now() / 86_400_000) * 86_400_000
  const stepMs = Math.floor((20 * 86_400_000) / count)
  return Array.from({ length: count }, (_, index) => ({
    Timestamp: new Date(end - (count - index) * stepMs).toISOString(),
    DeviceName: `device-${String(index).padStart(4, '0')}`,
  }))
}

/** What a service with a cap answers for a time span; both its ends belong to it. */
export function eventsIn(all: Event[], timespan: string | null | undefined, cap: number): string {
  const [from = '', to = ''] = timespan?.split('/') ?? ['', '9']
  const within = all.filter(({ Timestamp }) => Timestamp >= from && Timestamp <= to)
  return graphAnswer(within.slice(0, cap), { Timestamp: 'DateTime', DeviceName: 'String' })
}
