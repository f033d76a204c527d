import { z } from 'zod'
import { storableText } from './platform/storable.ts'

/**
 * What a request of ours can be refused for. `web/errors/problem.ts` maps each
 * code to a status; the code itself is stable and part of the JSON API.
 */
export type AppErrorCode =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'cross_site'
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
  | 'too_large'
  | 'too_many_requests'
  | 'busy'
  | 'not_acceptable'
  | 'approval_required'
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
export const remoteServices = [
  'entra',
  'graph',
  'defender',
  'endpoint',
  'key-vault',
  'managed-identity',
  'webhook',
  'mail',
] as const
export type RemoteService = (typeof remoteServices)[number]

/**
 * Who acts next: whoever runs Tenantry, the member of staff who asked, the
 * customer's administrator, Microsoft, or nobody, as it clears by itself.
 */
export const movers = ['partner', 'staff', 'customer', 'microsoft', 'nobody'] as const
export type Mover = (typeof movers)[number]

/**
 * Why something did not happen: the one shape in which it is stored, told to
 * other processes, shown on pages and sent by the JSON API. It never holds a
 * token, a secret or an unscrubbed description.
 */
export const failure = z
  .object({
    service: z.enum(remoteServices).nullable().describe('Who refused; null when nobody had to be asked'),
    code: z
      .string()
      .describe('Stable snake_case name, such as `throttled`, `consent_missing`, `role_missing`'),
    message: z.string().describe('What was found'),
    remedy: z.string().describe('What to do, in sentences; empty when there is nothing to be done'),
    permanent: z.boolean().describe('Repeating the same later cannot help until somebody acts'),
    whoseMove: z
      .enum(movers)
      .describe(
        'Who acts next: whoever runs Tenantry, the person who asked, the customer’s administrator, Microsoft, or nobody (wait)',
      ),
    status: z.number().nullable().describe('HTTP status; null when no answer came'),
    serviceCode: z
      .string()
      .nullable()
      .describe(
        'What the service calls it: `AADSTS7000229`, `Forbidden`, `ECONNREFUSED`; null when it said nothing',
      ),
    requestId: z.string().nullable().describe('The id that Microsoft’s support asks for'),
    retryAfterSeconds: z
      .number()
      .nullable()
      .describe('When the service wants to be asked again, when it said so'),
    at: z.string().describe('ISO 8601, UTC'),
  })
  .describe('Why something did not happen, and what to do')

export type Failure = z.infer<typeof failure>

/** A failure from a JSON column; null when the column is empty or was not written by this version. */
export function readStoredFailure(value: unknown): Failure | null {
  return failure.safeParse(value).data ?? null
}

/** A service answered badly, or not at all, or could not be asked for want of a permission. One place (microsoft/failures/retryable.ts) decides about retries from these. */
export class RemoteError extends Error {
  override readonly name = 'RemoteError'
  readonly failure: Failure
  /** Members added to the problem document, such as the roles that would do. */
  readonly details: Record<string, unknown>

  constructor(failure: Failure, cause?: unknown, details: Record<string, unknown> = {}) {
    super(`${failure.service}: ${failure.message}`, { cause })
    this.failure = failure
    this.details = details
  }
}

/** A refusal of our own as a failure: nobody had to be asked, and whoever asked us acts next. */
export function ownFailure(
  { code, message, remedy }: { code: string; message: string; remedy: string | null },
  at = new Date(),
): Failure {
  return {
    service: null,
    code,
    message: storableText(message, 1000),
    remedy: remedy ?? '',
    permanent: true,
    whoseMove: 'staff',
    status: null,
    serviceCode: null,
    requestId: null,
    retryAfterSeconds: null,
    at: at.toISOString(),
  }
}

/**
 * The failure that an error stands for; null for a bug, whose text is not for
 * the reader. A refusal of ours keeps what the service said that led to it.
 */
export function failureOf(error: unknown): Failure | null {
  if (error instanceof RemoteError) return error.failure
  if (!(error instanceof AppError)) return null
  if (!(error.cause instanceof RemoteError)) return ownFailure(error)
  const { service, status, serviceCode, requestId, whoseMove } = error.cause.failure
  return { ...ownFailure(error), service, status, serviceCode, requestId, whoseMove }
}
