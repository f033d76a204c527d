import { RemoteError, type RemoteService } from '../../errors.ts'
import { namedFailure } from '../failures/named-failure.ts'

/** Decides whether calls about a tenant may go out at all: the kill switch. */
export type Gate = {
  /**
   * Runs a call while calls are allowed. When they are stopped meanwhile, the
   * signal aborts with the refusal as its reason.
   *
   * @throws RemoteError `suspended`, before anything is sent
   */
  run<T>(
    call: { tenantId: string | null; service: RemoteService; signal?: AbortSignal | undefined },
    work: (signal: AbortSignal | undefined) => Promise<T>,
  ): Promise<T>
}

/** Lets everything pass, for programs without a kill switch. */
export const openGate: Gate = { run: (call, work) => work(call.signal) }

/** What a call ends in while calls are stopped. @param message what is stopped, when it is known */
export function suspendedError(service: RemoteService, message?: string): RemoteError {
  return new RemoteError(namedFailure('suspended', { service, ...(message ? { message } : {}) }))
}

/**
 * The refusal as a call that was under way tells it: what had been sent may
 * have happened, which `serviceCode` says.
 *
 * @returns null when the signal did not abort because of the kill switch
 */
export function suspendedMeanwhile(signal: AbortSignal | undefined, sent: boolean): RemoteError | null {
  const reason: unknown = signal?.aborted ? signal.reason : null
  if (!(reason instanceof RemoteError) || reason.failure.code !== 'suspended') return null
  return sent ? new RemoteError({ ...reason.failure, serviceCode: 'ABORTED' }, reason) : reason
}
