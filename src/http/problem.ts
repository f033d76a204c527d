import { AppError, type AppErrorCode, RemoteError } from '../errors.ts'

/** One failure in the form that both pages and the JSON API show. */
export type Problem = {
  status: number
  /** Stable; part of the JSON API. */
  code: string
  title: string
  detail: string
  remedy: string | null
  retryAfterSeconds: number | null
  requestId: string | null
  details: Record<string, unknown>
}

const statuses: Record<AppErrorCode, { status: number; title: string }> = {
  invalid: { status: 422, title: 'The request cannot be understood' },
  unauthenticated: { status: 401, title: 'Sign in first' },
  forbidden: { status: 403, title: 'Your role does not allow this' },
  not_found: { status: 404, title: 'Not found' },
  conflict: { status: 409, title: 'This has changed in the meantime' },
  gone: { status: 410, title: 'This is no longer available' },
  precondition_required: { status: 428, title: 'Say which version you saw' },
  changed_upstream: { status: 412, title: 'Changed in Microsoft Defender in the meantime' },
  tenant_not_found: { status: 422, title: 'No such tenant' },
  wrong_cloud: { status: 422, title: 'The tenant lives in another Microsoft cloud' },
  consent_missing: { status: 422, title: 'The tenant has not consented' },
  tenant_taken: { status: 409, title: 'The tenant belongs to another customer' },
  invalid_query: { status: 422, title: 'The query has errors' },
  role_missing: { status: 422, title: 'A permission is missing' },
  too_large: { status: 413, title: 'Too large' },
  too_many_requests: { status: 429, title: 'Too many requests' },
  upstream_failed: { status: 502, title: 'Microsoft answered badly' },
  not_ready: { status: 503, title: 'Not ready yet' },
  settings: { status: 500, title: 'The settings do not fit' },
}

/** Failures of Microsoft's services that mean something to whoever asked us; the rest is 502. */
const remoteStatuses: Record<string, number> = {
  throttled: 503,
  quota_exhausted: 503,
  cpu_quota_exhausted: 503,
  circuit_open: 503,
  unavailable: 503,
  timeout: 504,
  query_timeout: 504,
  not_found: 404,
  invalid_query: 422,
  table_missing: 422,
  invalid_request: 422,
  result_too_large: 422,
  action_in_progress: 409,
  changed_upstream: 412,
  role_missing: 422,
  license_missing: 422,
  consent_missing: 422,
}

/**
 * Reads any thrown value.
 *
 * @returns null for a bug: something nobody foresaw, whose text is not for the reader
 */
export function readProblem(error: unknown): Problem | null {
  if (error instanceof AppError) {
    const { status, title } = statuses[error.code]
    return {
      status,
      code: error.code,
      title,
      detail: sentence(error.message),
      remedy: error.remedy,
      retryAfterSeconds: null,
      requestId: null,
      details: error.details,
    }
  }
  if (error instanceof RemoteError) {
    const {
      code,
      message,
      remedy,
      retryAfterSeconds,
      requestId,
      service,
      serviceCode,
      permanent,
      whoseMove,
    } = error.failure
    return {
      status: remoteStatuses[code] ?? 502,
      code,
      title: 'Microsoft did not do what was asked',
      detail: sentence(message),
      remedy,
      retryAfterSeconds,
      requestId,
      details: { service, serviceCode, permanent, whoseMove, requestId },
    }
  }
  return readFrameworkProblem(error)
}

/** What Fastify and its plugins refuse before a route runs: schemas, limits, missing routes. */
function readFrameworkProblem(error: unknown): Problem | null {
  if (!(error instanceof Error) || !('statusCode' in error) || typeof error.statusCode !== 'number')
    return null
  if (error.statusCode >= 500) return null
  const issues = 'validation' in error && Array.isArray(error.validation) ? error.validation : null
  const code =
    {
      400: 'invalid',
      403: 'forbidden',
      404: 'not_found',
      413: 'too_large',
      415: 'invalid',
      429: 'too_many_requests',
    }[error.statusCode] ?? 'invalid'
  return {
    status: issues ? 422 : error.statusCode,
    code,
    title: issues ? 'The request cannot be understood' : error.message,
    detail: sentence(issues ? readIssues(issues) : error.message),
    remedy: error.statusCode === 403 ? 'Reload the page and send the form again.' : null,
    retryAfterSeconds: null,
    requestId: null,
    details: issues ? { errors: issues.map(readIssue) } : {},
  }
}

type Issue = { instancePath?: string; message?: string }

function readIssue(issue: Issue): { field: string; message: string } {
  return {
    field: (issue.instancePath ?? '').replace(/^\//, '').replaceAll('/', '.'),
    message: issue.message ?? 'is invalid',
  }
}

function readIssues(issues: Issue[]): string {
  return issues
    .map(readIssue)
    .map(({ field, message }) => (field ? `${field}: ${message}` : message))
    .join('; ')
}

/** A message as it stands alone on a page: they begin small and end open, as they also stand within other sentences. */
export function sentence(text: string): string {
  const trimmed = text.trim()
  const start = trimmed.charAt(0).toUpperCase() + trimmed.slice(1)
  return /[.!?…]$/.test(start) ? start : `${start}.`
}
