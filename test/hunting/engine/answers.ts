import { RemoteError } from '../../../src/errors.ts'
import { namedFailure } from '../../../src/microsoft/http/index.ts'
import { events, eventsIn } from './events.ts'

/** Rows of a tenant whose id begins so; a service with a cap of 30 rows cuts those of `b`. */
export const rowsOf = { a: 7, b: 90, c: 25 }

const all = { a: events(rowsOf.a), b: events(rowsOf.b), c: events(rowsOf.c) }

/** What a tenant answers, the same whichever process asks. */
export function workerAnswer(tenantId: string, timespan: string | null | undefined): string {
  return eventsIn(all[kindOf(tenantId)], timespan, 30)
}

/** @throws RemoteError for every second call or so to a tenant that is throttled */
export function throttledAtTimes(tenantId: string, random: () => number): void {
  if (kindOf(tenantId) !== 'c' || random() < 0.5) return
  throw new RemoteError(
    namedFailure('throttled', { service: 'graph', message: 'Too many requests.', retryAfterSeconds: 0.05 }),
  )
}

function kindOf(tenantId: string): keyof typeof all {
  const first = tenantId.charAt(0)
  return first === 'b' || first === 'c' ? first : 'a'
}
