import { randomUUID } from 'node:crypto'
import known from '../../data/refusals.json' with { type: 'json' }

type Refusal = { error: string; status: number; text: string }

/**
 * OAuth error, HTTP status and text of each AADSTS number that anybody may meet in our flows: invalid_client is
 * 401, the rest 400, but for what an outage or a throttle answers, and for consent's redirects.
 *
 * @see Microsoft identity platform, "Authentication and authorization error codes"
 */
const refusals: Readonly<Record<number, Refusal>> = known

const unknownRefusal: Refusal = { error: 'invalid_request', status: 400, text: 'The request was refused.' }

/** A refusal of Entra, known by its number. */
export class EntraError extends Error {
  readonly code: number
  readonly error: string
  readonly status: number

  /**
   * @param code the AADSTS number
   * @param detail what exactly is wrong, added to the text of the code
   * @param error the OAuth error, where it differs from the usual one
   */
  constructor(code: number, detail?: string, error?: string) {
    const { error: usualError, status, text } = refusals[code] ?? unknownRefusal
    super(detail ? `${text} ${detail}` : text)
    this.code = code
    this.error = error ?? usualError
    this.status = this.error === usualError ? status : this.error === 'invalid_client' ? 401 : 400
  }
}

export type ErrorTrace = { traceId: string; correlationId: string; timestamp: string }

/** The ids of one refusal; the caller's own `client-request-id` comes back as the correlation id. */
export function traceOf(now: Date, clientRequestId?: string): ErrorTrace {
  return {
    traceId: randomUUID(),
    correlationId: clientRequestId ?? randomUUID(),
    timestamp: `${now.toISOString().slice(0, 19).replace('T', ' ')}Z`,
  }
}

/** The description as bodies, redirects and pages carry it. Entra parts it with spaces since 2024. */
export function describe(error: EntraError, trace: ErrorTrace): string {
  return (
    `AADSTS${error.code}: ${error.message} Trace ID: ${trace.traceId} ` +
    `Correlation ID: ${trace.correlationId} Timestamp: ${trace.timestamp}`
  )
}

// What Conditional Access adds, so that a client could ask again with these claims.
const conditionalAccess: Record<number, object> = {
  53003: {
    suberror: 'message_only',
    claims: JSON.stringify({ access_token: { capolids: { essential: true, values: [randomUUID()] } } }),
  },
  50076: { suberror: 'basic_action' },
  65001: { suberror: 'consent_required' },
}

/**
 * The JSON body of a refused token or discovery request.
 *
 * @see Microsoft identity platform, "Authentication and authorization error codes"
 */
export function errorBody(error: EntraError, trace: ErrorTrace, loginOrigin: string): object {
  return {
    error: error.error,
    error_description: describe(error, trace),
    error_codes: [error.code],
    timestamp: trace.timestamp,
    trace_id: trace.traceId,
    correlation_id: trace.correlationId,
    error_uri: `${loginOrigin}/error?code=${error.code}`,
    ...conditionalAccess[error.code],
  }
}
