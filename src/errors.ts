/**
 * What a request of ours can be refused for. `http/error-handler.ts` maps each
 * code to a status; the code itself is stable and part of the JSON API.
 */
export type AppErrorCode =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'gone'
  | 'precondition_required'
  | 'changed_upstream'
  | 'tenant_not_found'
  | 'wrong_cloud'
  | 'consent_missing'
  | 'tenant_taken'
  | 'invalid_query'
  | 'role_missing'
  | 'too_large'
  | 'too_many_requests'
  | 'upstream_failed'
  | 'not_ready'
  | 'settings'

/** A request that we can explain. The message and the remedy are safe to show to whoever asked. */
export class AppError extends Error {
  override readonly name = 'AppError'
  readonly code: AppErrorCode
  /** What the reader can do about it, one or two sentences. */
  readonly remedy: string | null
  /** Members added to the problem document, such as the positions in a query. */
  readonly details: Record<string, unknown>

  constructor(
    code: AppErrorCode,
    message: string,
    options: { remedy?: string; details?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause })
    this.code = code
    this.remedy = options.remedy ?? null
    this.details = options.details ?? {}
  }
}

/** The services on the other side of the wire. */
export type RemoteService =
  | 'entra'
  | 'graph'
  | 'defender'
  | 'endpoint'
  | 'key-vault'
  | 'managed-identity'
  | 'webhook'

/** Whose move it is before the same call can succeed. */
export type Mover = 'partner' | 'customer' | 'microsoft' | 'nobody'

/**
 * A failure of a remote call as a value: stored on rows, sent in answers and
 * shown on pages. It never holds a token, a secret or an unscrubbed
 * description.
 */
export type RemoteFailure = {
  service: RemoteService
  /** Stable snake_case name, e.g. `throttled`, `consent_missing`, `role_missing`; the table is in remote/. */
  code: string
  /** What was found, one sentence. */
  message: string
  /** What to do, in words; starts with a verb. */
  remedy: string
  /** True when repeating the same call later cannot help until somebody acts. */
  permanent: boolean
  whoseMove: Mover
  /** HTTP status, null when no answer came. */
  status: number | null
  /** The service's own code: `AADSTS7000229`, `Forbidden`, `UnknownError`, a socket error code. */
  serviceCode: string | null
  /** The id that Microsoft's support asks for. */
  requestId: string | null
  /** Seconds until the service wants to be asked again, when it said so. */
  retryAfterSeconds: number | null
  /** ISO 8601 UTC. */
  at: string
}

/** A service answered badly, or not at all. One place (remote/) decides about retries from these. */
export class RemoteError extends Error {
  override readonly name = 'RemoteError'
  readonly failure: RemoteFailure

  constructor(failure: RemoteFailure, cause?: unknown) {
    super(`${failure.service}: ${failure.message}`, { cause })
    this.failure = failure
  }
}
