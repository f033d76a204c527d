import type { Failure } from '../../errors.ts'
import { isHuntingPath } from '../failures/read-failure.ts'
import type { RemoteCall } from './types.ts'

/**
 * Tries in all for a call whose last one ended by a time-out. A connection
 * that gave no answer is tried once more; a query that ran out of its time is
 * not, since it has cost the tenant's quota and would again.
 *
 * @param sent whether the request may have reached the service
 */
export function triesAfterTimeout(call: Pick<RemoteCall, 'url'>, sent: boolean): number {
  return sent && isHuntingPath(call.url.pathname) ? 1 : 2
}

/** What a time-out means for whoever asked: a query is not "tried again", as the name's own remedy says. */
export function withTimeoutWords(failure: Failure, call: Pick<RemoteCall, 'url'>, sent: boolean): Failure {
  if (failure.code !== 'timeout' || !sent || !isHuntingPath(call.url.pathname)) return failure
  return {
    ...failure,
    message: 'The query got no complete answer in time.',
    remedy:
      'It is not repeated by itself, since each run counts against the customer’s quota: narrow the query or its time span, and run it again for this tenant.',
  }
}
