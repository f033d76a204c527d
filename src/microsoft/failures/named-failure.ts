import type { Failure, Mover, RemoteService } from '../../errors.ts'
import { storableText } from '../../platform/storable.ts'
import { type FailureName, failureKinds } from './failure-names.ts'

/** What is known about one failure beside its name. */
export type FailureDetails = {
  /** Null when nobody had to be asked. */
  service: RemoteService | null
  /** Replace what the name says in general. */
  message?: string | undefined
  remedy?: string | undefined
  whoseMove?: Mover | undefined
  permanent?: boolean | undefined
  status?: number | null
  serviceCode?: string | null
  requestId?: string | null
  retryAfterSeconds?: number | null
  at?: Date
}

/** A failure of a given name, with that name's permanence, mover, words and remedy; its texts fit a database. */
export function namedFailure(name: FailureName, details: FailureDetails): Failure {
  const kind = failureKinds[name]
  return {
    service: details.service,
    code: name,
    message: storableText(details.message ?? kind.message),
    remedy: storableText(details.remedy ?? kind.remedy),
    permanent: details.permanent ?? kind.permanent,
    whoseMove: details.whoseMove ?? kind.whoseMove,
    status: details.status ?? null,
    serviceCode: storableOrNull(details.serviceCode),
    requestId: storableOrNull(details.requestId),
    retryAfterSeconds: details.retryAfterSeconds ?? null,
    at: (details.at ?? new Date()).toISOString(),
  }
}

/**
 * The same failure seen in a tenant that was connected before: an unknown app
 * was removed there rather than never approved.
 */
export function asSeenInConnectedTenant(failure: Failure): Failure {
  if (failure.code !== 'consent_missing') return failure
  const { message, remedy, whoseMove, permanent } = failureKinds.app_removed
  return { ...failure, code: 'app_removed', message, remedy, whoseMove, permanent }
}

function storableOrNull(text: string | null | undefined): string | null {
  return text ? storableText(text, 200) : null
}
