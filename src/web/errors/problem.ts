import {
  AppError,
  type AppErrorCode,
  type Failure,
  failureOf,
  ownFailure,
  RemoteError,
} from '../../errors.ts'
import { isDatabaseOutage } from '../../platform/database/connections/outage.ts'
import { issueText, type WordedIssue } from '../../platform/issue-words.ts'

/** A failure as the answer to one request, page or JSON. */
export type Problem = {
  status: number
  title: string
  failure: Failure
  /** Further members of the problem document, such as the positions in a query. */
  details: Record<string, unknown>
}

const statuses: Record<AppErrorCode, { status: number; title: string }> = {
  invalid: { status: 422, title: 'The request cannot be understood' },
  unauthenticated: { status: 401, title: 'Sign in first' },
  forbidden: { status: 403, title: 'Your role does not allow this' },
  cross_site: { status: 403, title: 'This did not come from our own pages' },
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
  too_large: { status: 413, title: 'Too large' },
  too_many_requests: { status: 429, title: 'Too many requests' },
  busy: { status: 503, title: 'Too much at once' },
  not_acceptable: { status: 406, title: 'This answer has one form only' },
  approval_required: { status: 202, title: 'This waits for a second person' },
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
  suspended: 503,
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

const remoteTitles: Record<string, string> = {
  role_missing: 'A permission is missing',
  suspended: 'Calls are suspended',
}

/**
 * Reads any thrown value.
 *
 * @returns null for a bug: something nobody foresaw, whose text is not for the reader
 */
export function readProblem(error: unknown): Problem | null {
  const found = failureOf(error)
  if (!found) return isDatabaseOutage(error) ? outage() : readFrameworkProblem(error)

  const failure = { ...found, message: sentence(found.message) }
  if (error instanceof AppError) return { ...statuses[error.code], failure, details: error.details }
  const status = remoteStatuses[failure.code] ?? 502
  const title = remoteTitles[failure.code] ?? 'Microsoft did not do what was asked'
  return { status, title, failure, details: error instanceof RemoteError ? error.details : {} }
}

/** A page asks again by itself after this. */
const outageRetrySeconds = 5

function outage(): Problem {
  const failure = ownFailure({
    code: 'database_unavailable',
    message:
      'The database cannot be reached, or takes nothing at the moment. Nothing of this request was done, or all of it.',
    remedy:
      'Wait: this page is loaded again by itself. If it lasts, whoever runs this installation finds the cause in the log.',
  })
  return {
    status: 503,
    title: 'The database is not available',
    failure: {
      ...failure,
      permanent: false,
      whoseMove: 'partner',
      retryAfterSeconds: outageRetrySeconds,
    },
    details: {},
  }
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
    title: issues ? 'The request cannot be understood' : error.message,
    failure: ownFailure({
      code,
      message: sentence(issues ? issueText(issues.map(readIssue)) : error.message),
      remedy: error.statusCode === 403 ? 'Reload the page and send the form again.' : null,
    }),
    details: issues ? { errors: issues.map(readIssue) } : {},
  }
}

type Issue = { instancePath?: string; message?: string }

function readIssue(issue: Issue): WordedIssue {
  return {
    field: (issue.instancePath ?? '').replace(/^\//, '').replaceAll('/', '.'),
    message: issue.message ?? 'is not valid',
  }
}

/** A message as it stands alone on a page: they begin small and end open, as they also stand within other sentences. */
export function sentence(text: string): string {
  const trimmed = text.trim()
  const start = trimmed.charAt(0).toUpperCase() + trimmed.slice(1)
  return /[.!?…]$/.test(start) ? start : `${start}.`
}
