import type { RemoteFailure, RemoteService } from '../errors.ts'
import { aadstsTable } from './aadsts.ts'
import { matchApiError, statusFromCode } from './api-errors.ts'
import { type ErrorBody, readErrorBody } from './error-body.ts'
import type { FailureName } from './failure-names.ts'
import { readMissingRoles } from './missing-roles.ts'
import { namedFailure } from './named-failure.ts'
import { oauthErrors } from './oauth-errors.ts'
import { readRetryAfter } from './retry-after.ts'
import { scrub } from './scrub.ts'
import { readSocketError } from './socket-errors.ts'

/** What is wrong with an answer whose status is good. */
export type AnswerProblem = 'error_body' | 'truncated' | 'content_type' | 'empty' | 'too_large' | 'redirect'

/** Everything that was seen of a call that failed. */
export type Seen = {
  service: RemoteService
  /** Null when no answer came. */
  status?: number | null
  /** Names in lower case. */
  headers?: Record<string, string>
  body?: string
  /** Path of the request: hunting calls read their errors differently. */
  path?: string
  /** What was thrown, when nothing was answered. */
  thrown?: unknown
  problem?: AnswerProblem
  /** The id that we sent along, for answers that carry none. */
  clientRequestId?: string | null
  at?: Date
}

type Verdict = { name: FailureName; message?: string; remedy?: string; serviceCode?: string | null }

const problems: Record<AnswerProblem, Verdict> = {
  error_body: { name: 'bad_answer', message: 'The service reported success with an error inside.' },
  truncated: { name: 'bad_answer', message: 'The answer is not whole: its JSON ends early or is broken.' },
  content_type: {
    name: 'bad_answer',
    message: 'The answer is not JSON; something between here and there may have answered instead.',
  },
  empty: { name: 'bad_answer', message: 'The answer is empty although it should hold a document.' },
  too_large: { name: 'too_large' },
  redirect: { name: 'bad_answer', message: 'The service answered with a redirect, which is never followed.' },
}

/** Nothing that Entra hands out is large, and asking for less is not possible. */
const notFromEntra: Verdict = {
  name: 'bad_answer',
  message: 'The answer is far too large; something between here and there may have answered instead.',
}

/**
 * Turns whatever was seen into a failure with a name, whose move it is and a
 * remedy. Never throws, and never returns a failure without a name; the
 * service's text is kept only where it helps, and scrubbed.
 */
export function readFailure(seen: Seen): RemoteFailure {
  const at = seen.at ?? new Date()
  const body = readErrorBody(seen.body ?? '')
  const { name, message, remedy, serviceCode } = judge(seen, body)
  return namedFailure(name, {
    service: seen.service,
    message,
    remedy,
    status: seen.status ?? null,
    serviceCode: serviceCode ?? ownCode(body),
    requestId: requestIdOf(seen.headers ?? {}, body.requestId) ?? seen.clientRequestId ?? null,
    retryAfterSeconds: readRetryAfter(
      seen.headers?.['retry-after'],
      `${body.message ?? ''}\n${seen.body ?? ''}`,
      at,
    ),
    at,
  })
}

/** The id by which Microsoft's support finds a call. */
export function requestIdOf(headers: Record<string, string>, fromBody: string | null = null): string | null {
  const candidates = [
    headers['request-id'],
    headers['x-ms-request-id'],
    fromBody,
    headers['client-request-id'],
  ]
  return candidates.find(id => looksLikeId(id)) ?? null
}

function judge(seen: Seen, body: ErrorBody): Verdict {
  if (seen.thrown !== undefined && (seen.status ?? null) === null) {
    const { name, code } = readSocketError(seen.thrown)
    return { name, serviceCode: code }
  }

  if (seen.problem === 'too_large' && seen.service === 'entra') return notFromEntra
  const named = seen.problem === undefined ? null : problems[seen.problem]
  if (named && seen.problem !== 'error_body') return named

  const known = body.aadsts === null ? undefined : aadstsTable.get(body.aadsts)
  if (known && (body.form === 'oauth' || seen.service === 'entra')) return known

  const status = seen.problem === 'error_body' ? statusFromCode(body.code ?? '') : (seen.status ?? null)
  return (
    judgeOauth(seen, body, status) ??
    judgeApi(seen, body, status) ??
    (status === null ? named : null) ??
    judgeStatus(status)
  )
}

function judgeOauth(seen: Seen, body: ErrorBody, status: number | null): Verdict | null {
  // Load and outages are told by the status; Entra's text for them is no help.
  if (body.form !== 'oauth' || status === 429 || (status !== null && status >= 500)) return null
  const name = oauthErrors.get(body.oauthError ?? '')
  if (!name)
    return seen.service === 'entra' ? { name: 'invalid_request', message: quoted(seen.service, body) } : null
  return { name, message: body.message ? quoted(seen.service, body) : undefined }
}

function judgeApi(seen: Seen, body: ErrorBody, status: number | null): Verdict | null {
  const message = body.message ?? ''
  const hunting = /\/(runHuntingQuery|advancedhunting\/run|advancedqueries\/run)\b/i.test(seen.path ?? '')
  const row = matchApiError({ status, service: seen.service, code: body.code ?? '', message, hunting })
  if (!row) return null

  if (row.name === 'role_missing') return missingRole(message)
  return {
    name: row.name,
    message: row.found ?? (row.quote && message !== '' ? quoted(seen.service, body) : undefined),
  }
}

function missingRole(text: string): Verdict {
  const roles = readMissingRoles(text)
  if (!roles || roles.required.length === 0) return { name: 'role_missing' }
  const held = roles.held.length === 0 ? 'none' : roles.held.join(', ')
  return {
    name: 'role_missing',
    message: `The call needs ${roles.required.join(' or ')}; the token holds ${held}.`,
    remedy: `Send the customer a new consent link so that ${roles.required[0]} is approved with the rest.`,
  }
}

/** Statuses that no documentation names. */
function judgeStatus(status: number | null): Verdict {
  if (status !== null && status >= 500) return { name: 'unavailable' }
  if (status !== null && status >= 400)
    return { name: 'invalid_request', message: `The service refused the request (${status}).` }
  if (status !== null && status >= 300) return problems.redirect
  return { name: 'bad_answer' }
}

const labels: Record<RemoteService, string> = {
  entra: 'Entra',
  graph: 'Graph',
  defender: 'Defender XDR',
  endpoint: 'Defender for Endpoint',
  'key-vault': 'Key Vault',
  'managed-identity': 'The managed identity endpoint',
  webhook: 'The webhook receiver',
}

function quoted(service: RemoteService, body: ErrorBody): string {
  const text = scrub(body.message ?? body.code ?? '')
  return text === '' ? `${labels[service]} gave no reason.` : `${labels[service]} says: ${text}`
}

function ownCode(body: ErrorBody): string | null {
  if (body.aadsts !== null) return `AADSTS${body.aadsts}`
  return body.code === null ? null : scrub(body.code).slice(0, 80) || null
}

/** Ids come from outside: only what looks like one is kept. */
function looksLikeId(id: string | null | undefined): id is string {
  return typeof id === 'string' && /^[\w.:-]{4,100}$/.test(id)
}
