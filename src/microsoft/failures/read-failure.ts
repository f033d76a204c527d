import type { Failure, RemoteService } from '../../errors.ts'
import { ProxyError } from '../../platform/proxy/open-tunnel.ts'
import { readRetryAfter } from '../http/retry-after.ts'
import { scrub } from '../http/scrub.ts'
import { readSocketError } from '../http/socket-errors.ts'
import { matchApiError, statusFromCode } from './api-errors.ts'
import type { EntraPlace } from './entra-errors.ts'
import { judgeEntra, type Verdict } from './entra-failure.ts'
import { type ErrorBody, readErrorBody } from './error-body.ts'
import { readMissingRoles } from './missing-roles.ts'
import { namedFailure } from './named-failure.ts'

/** What is wrong with an answer whose status is good. */
export type AnswerProblem = 'error_body' | 'truncated' | 'content_type' | 'empty' | 'too_large' | 'redirect'

/** Everything that was seen of a call that failed. */
export type Seen = {
  service: RemoteService
  /** Where an error of Entra occurred; an app token unless told. */
  place?: EntraPlace | undefined
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
export function readFailure(seen: Seen): Failure {
  const at = seen.at ?? new Date()
  const body = readErrorBody(seen.body ?? '')
  const { name, serviceCode, ...verdict } = judge(seen, body)
  return namedFailure(name, {
    service: seen.service,
    ...verdict,
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

/** Whether a request runs a hunting query, on whichever surface. */
export function isHuntingPath(path: string): boolean {
  return /\/(runHuntingQuery|advancedhunting\/run|advancedqueries\/run)\b/i.test(path)
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
    const message = seen.thrown instanceof ProxyError ? seen.thrown.message : undefined
    return { name, serviceCode: code, message }
  }

  if (seen.problem === 'too_large' && seen.service === 'entra') return notFromEntra
  const named = seen.problem === undefined ? null : problems[seen.problem]
  if (named && seen.problem !== 'error_body') return named

  const status = seen.problem === 'error_body' ? statusFromCode(body.code ?? '') : (seen.status ?? null)
  return (
    judgeLogin(seen, body) ??
    judgeApi(seen, body, status) ??
    (status === null ? named : null) ??
    judgeStatus(status)
  )
}

/** Errors of Entra also reach us through services that ask it for a token, such as the managed identity endpoint. */
function judgeLogin(seen: Seen, body: ErrorBody): Verdict | null {
  if (seen.service !== 'entra' && (body.form !== 'oauth' || body.aadsts === null)) return null
  const status = seen.status ?? 0
  const verdict = judgeEntra({
    place: seen.place ?? 'app_token',
    number: body.aadsts,
    error: body.oauthError,
    text: body.message ?? '',
    status,
  })
  // What 401, 403 or 404 mean to an API says nothing about Entra, which would have told its number.
  const isRefusal = status >= 400 && status < 500 && status !== 408 && status !== 429
  return verdict ?? (isRefusal ? notByEntra(status, body) : null)
}

function notByEntra(status: number, body: ErrorBody): Verdict {
  return {
    name: 'entra_refused',
    message: body.message ? quoted('entra', body) : `The login host refused the request (${status}).`,
    remedy: 'Check whether a proxy answered instead of Entra: an error of Entra carries a number.',
  }
}

function judgeApi(seen: Seen, body: ErrorBody, status: number | null): Verdict | null {
  const message = body.message ?? ''
  const hunting = isHuntingPath(seen.path ?? '')
  const row = matchApiError({ status, service: seen.service, code: body.code ?? '', message, hunting })
  if (!row) return null

  if (row.name === 'role_missing') return missingRole(message)
  return {
    name: row.name,
    message: row.found ?? (row.quote && message !== '' ? quoted(seen.service, body) : undefined),
    remedy: row.remedy,
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
    return { name: 'unknown_error', message: `The service refused the request (${status}).` }
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
  mail: 'The mail server',
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
