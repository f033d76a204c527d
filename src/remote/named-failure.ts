import type { RemoteFailure, RemoteService } from '../errors.ts'
import { type FailureName, failureKinds } from './failure-names.ts'

/** What is known about one failure beside its name. */
export type FailureFacts = {
  service: RemoteService
  /** Replaces the name's own sentence. */
  message?: string
  remedy?: string
  status?: number | null
  serviceCode?: string | null
  requestId?: string | null
  retryAfterSeconds?: number | null
  at?: Date
}

/** A failure of a given name, with that name's permanence, mover, words and remedy. */
export function namedFailure(name: FailureName, facts: FailureFacts): RemoteFailure {
  const kind = failureKinds[name]
  return {
    service: facts.service,
    code: name,
    message: facts.message ?? kind.message,
    remedy: facts.remedy ?? kind.remedy,
    permanent: kind.permanent,
    whoseMove: kind.whoseMove,
    status: facts.status ?? null,
    serviceCode: facts.serviceCode ?? null,
    requestId: facts.requestId ?? null,
    retryAfterSeconds: facts.retryAfterSeconds ?? null,
    at: (facts.at ?? new Date()).toISOString(),
  }
}

/**
 * The same failure seen in a tenant that was connected before: an unknown app
 * was removed there rather than never approved.
 */
export function asSeenInConnectedTenant(failure: RemoteFailure): RemoteFailure {
  if (failure.code !== 'consent_missing') return failure
  const { message, remedy, whoseMove, permanent } = failureKinds.app_removed
  return { ...failure, code: 'app_removed', message, remedy, whoseMove, permanent }
}
