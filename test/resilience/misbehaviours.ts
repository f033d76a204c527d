import type { NewFault, Service } from '../../simulator/src/control/fault.ts'
import type { Simulator } from '../../simulator/src/index.ts'
import type { Failure } from '../../src/errors.ts'

/** How a service can misbehave, what that is called, and how often a call that may be repeated is sent. */
export type Misbehaviour = {
  kind: NewFault['kind']
  code: string
  requests: number
  /** Ends by a time-out only. */
  isSlow?: true
}

/** All kinds of the simulator that are no plain refusal. Retries cost no time: jitter is off, and throttling says "at once". */
export const misbehaviours: Misbehaviour[] = [
  { kind: 'throttle-text', code: 'throttled', requests: 4 },
  { kind: 'throttle-json', code: 'throttled', requests: 4 },
  { kind: 'unavailable-html', code: 'unavailable', requests: 4 },
  { kind: 'unavailable-empty-json', code: 'unavailable', requests: 4 },
  { kind: 'internal-error', code: 'unavailable', requests: 4 },
  { kind: 'reset', code: 'reset', requests: 4 },
  { kind: 'hang', code: 'timeout', requests: 2, isSlow: true },
  { kind: 'slow-drip', code: 'timeout', requests: 2, isSlow: true },
  { kind: 'truncated-json', code: 'bad_answer', requests: 4 },
  { kind: 'wrong-content-type', code: 'bad_answer', requests: 4 },
  { kind: 'ok-with-error-body', code: 'unavailable', requests: 4 },
  { kind: 'huge-answer', code: 'too_large', requests: 1 },
]

/** Lets a service misbehave for one tenant. @returns ends it */
export function misbehave(
  { control }: Simulator,
  service: Service,
  tenantId: string,
  kind: Misbehaviour['kind'],
  more: Partial<NewFault> = {},
): () => void {
  const { id } = control.addFault({
    service,
    tenantId,
    kind,
    ...(service === 'login' ? { path: '/token' } : {}),
    ...(kind.startsWith('throttle') ? { retryAfterSeconds: 0 } : {}),
    ...more,
  })
  return () => {
    control.removeFault(id)
  }
}

/** Requests of one tenant that a service counted. */
export function requestsTo(
  { control }: Simulator,
  service: Service,
  tenantId: string,
  path?: string,
): number {
  return control
    .requests({ service, tenantId, ...(path ? { path } : {}) })
    .reduce((sum, { count }) => sum + count, 0)
}

/** The failure that a call ends with; null for a success. */
export async function failureOf(work: Promise<unknown>): Promise<Failure | null> {
  try {
    await work
    return null
  } catch (error) {
    // A hunting answer that cannot be read gets its name from the test that reads it.
    if (error instanceof Error && 'failure' in error) return error.failure as Failure
    throw error
  }
}
