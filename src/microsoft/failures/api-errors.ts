import type { RemoteService } from '../../errors.ts'
import type { FailureName } from './failure-names.ts'

/** What one row asks of an answer; every member that is present must hold. */
type Row = {
  status?: number | number[]
  service?: RemoteService | RemoteService[]
  /** The service's own code. */
  code?: RegExp
  message?: RegExp
  /** Only for a call that runs a hunting query. */
  hunting?: true
  name: FailureName
  /** What was found, when the name's own sentence is too general. */
  found?: string
  /** The service's text says it better than we can. */
  quote?: true
  /** Where what to do depends on who answered. */
  remedy?: string
}

export type ApiError = {
  status: number | null
  service: RemoteService
  code: string
  message: string
  hunting: boolean
}

const onlyDeviceTables =
  'This older API knows the device tables only: send the customer a new consent link so that graph:ThreatHunting.Read.All is approved, which opens the others.'

/**
 * Errors of Graph, Defender XDR, Defender for Endpoint and the smaller
 * services; the first row that fits decides. Texts only where nothing else
 * tells two causes apart, since Microsoft may change them.
 *
 * @see Microsoft Graph, "Error responses and resource types"; Defender XDR, "Common REST API error codes";
 *   Defender for Endpoint, "Common REST API error codes"; "Handle advanced hunting errors"
 */
// biome-ignore format: reads as a table
const rows: Row[] = [
  // Credentials' own services
  { service: 'key-vault', status: [401, 403], name: 'vault_denied' },
  { service: 'key-vault', status: 404, name: 'vault_item_missing' },
  { service: 'key-vault', status: 400, name: 'vault_item_missing', quote: true },
  { service: 'managed-identity', status: [400, 401, 403, 404], name: 'identity_missing', quote: true },
  { service: 'webhook', status: [400, 401, 403, 404, 405, 410, 413, 415, 422], name: 'webhook_refused' },
  { service: 'webhook', status: [500, 502, 503, 504], name: 'webhook_unavailable' },

  // Hunting
  { hunting: true, message: /processing resources allocated|run queries again/i, name: 'cpu_quota_exhausted' },
  { hunting: true, message: /exceeded the timeout|query timed? ?out|E_QUERY_TIMEOUT/i, name: 'query_timeout' },
  { hunting: true, message: /exceeded the allowed result size|result set.*(exceeded|too large)|E_QUERY_RESULT_SET_TOO_LARGE/i, name: 'result_too_large' },
  { hunting: true, message: /exceeds the allowed size limit/i, name: 'invalid_query', found: 'The query text is longer than the service takes.' },
  { hunting: true, message: /exceeded the allowed limits|preempted|excessive resource consumption|runaway|E_LOW_MEMORY/i, name: 'query_too_heavy' },
  { hunting: true, service: 'endpoint', message: /failed to resolve table or column/i, name: 'table_missing', quote: true, remedy: onlyDeviceTables },
  { hunting: true, message: /failed to resolve table or column/i, name: 'table_missing', quote: true },
  { hunting: true, message: /failed to resolve|(syntax|semantic) error|recognition error/i, name: 'invalid_query', quote: true },

  // Licences and products come back as 401, 403 or 400, by surface
  { status: [400, 401, 403], message: /account mode is inactive/i, name: 'license_missing', found: 'The Defender subscription of the tenant is not active.' },
  { status: [400, 401, 403], message: /no \w+ licen[sc]e|licen[sc]e is (missing|required)|not licensed|requires? .{0,40}licen[sc]e/i, name: 'license_missing', quote: true },
  { status: [400, 401, 403], message: /account is not provisioned|tenant is not provisioned/i, name: 'service_missing', found: 'Microsoft Defender is not set up in this tenant.' },
  { status: [401, 403], message: /missing application roles|insufficient privileges/i, name: 'role_missing' },

  { status: 401, name: 'token_rejected' },
  { status: 403, code: /^DisabledFeature$/i, name: 'feature_disabled' },
  { status: 403, code: /^DisallowedOperation$/i, name: 'not_allowed', quote: true },
  { status: 403, code: /^Authorization_RequestDenied$/i, name: 'role_missing' },
  { status: 403, name: 'access_denied', quote: true },

  { status: 400, code: /ActiveRequestAlreadyExists/i, name: 'action_in_progress' },
  { status: [400, 409], message: /action is already in progress|already (?:in progress|pending)/i, name: 'action_in_progress' },
  { status: 400, code: /^(OsPlatformNotSupported|ClientVersionNotSupported)$/i, name: 'not_allowed', quote: true },
  { status: 400, hunting: true, name: 'invalid_query', quote: true },
  { status: [400, 405, 406, 411, 413, 414, 415, 422, 431], name: 'invalid_request', quote: true },
  { status: [404, 410], name: 'not_found' },
  { status: [409, 412, 428], name: 'changed_upstream' },
  { status: 408, name: 'timeout' },
  { status: [429, 509], name: 'throttled' },
  { status: 451, name: 'not_allowed' },
  { status: 504, hunting: true, name: 'query_timeout' },
  { status: [504, 524, 598, 599], name: 'timeout', found: 'The service itself got no answer in time.' },
  { status: 206, name: 'partial_answer' },
  { status: 501, name: 'not_in_cloud', found: 'The service does not offer this function.' },
]

/** Names an error answer; null when no row fits (a status that nobody documents). */
export function matchApiError(error: ApiError): Row | null {
  return rows.find(row => fits(row, error)) ?? null
}

/** Statuses that error codes in a body stand for, where the answer itself says 200. */
const statusOfCode: [code: RegExp, status: number][] = [
  [/^(4\d\d|5\d\d)$/, Number.NaN],
  [/^(TooManyRequests|Throttl\w*|activityLimitReached)$/i, 429],
  [/^(Unauthori[sz]ed|InvalidAuthenticationToken|unauthenticated)$/i, 401],
  [/^(Forbidden|accessDenied|Authorization_RequestDenied|DisabledFeature|DisallowedOperation)$/i, 403],
  [/^(NotFound|ResourceNotFound|itemNotFound)$/i, 404],
  [/^(ServiceUnavailable|serviceNotAvailable)$/i, 503],
  [/^(GatewayTimeout|Timeout)$/i, 504],
  [/^(InternalServerError|generalException|UnknownError)$/i, 500],
]

/** The status that the code in a body stands for; null when it stands for none. */
export function statusFromCode(code: string): number | null {
  const row = statusOfCode.find(([pattern]) => pattern.test(code))
  if (!row) return null
  return Number.isNaN(row[1]) ? Number(code) : row[1]
}

function fits(row: Row, error: ApiError): boolean {
  return (
    (row.status === undefined || (error.status !== null && [row.status].flat().includes(error.status))) &&
    (row.service === undefined || [row.service].flat().includes(error.service)) &&
    (row.code === undefined || row.code.test(error.code)) &&
    (row.message === undefined || row.message.test(error.message)) &&
    (row.hunting === undefined || error.hunting)
  )
}
