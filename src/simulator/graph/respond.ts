import type { FastifyRequest } from 'fastify'
import { ODataProblem } from '../data/odata/problem.ts'
import { type ApiRefusal, refuse } from '../refusal.ts'
import type { Caller, World } from '../world.ts'

export type About = { caller: Caller; world: World }

/** 400 in Graph's shape. The code is `BadRequest` but where a live tenant was seen to answer otherwise. */
export function badRequest(
  { caller, world }: About,
  message: string,
  seen: { code?: string; extra?: Record<string, unknown> } = {},
): ApiRefusal {
  return refuse('graph', {
    status: 400,
    code: seen.code ?? 'BadRequest',
    message,
    requestId: caller.requestId,
    now: world.now(),
    ...(seen.extra ? { extra: seen.extra } : {}),
  })
}

export function notFound({ caller, world }: About, what: string): ApiRefusal {
  return refuse('graph', {
    status: 404,
    code: 'ResourceNotFound',
    message: `${what} was not found.`,
    requestId: caller.requestId,
    now: world.now(),
  })
}

/** What Graph answers when something behind it took too long: no word about it. */
export function unknownError({ caller, world }: About, status: 500 | 504): ApiRefusal {
  return refuse('graph', {
    status,
    code: 'UnknownError',
    message: '',
    requestId: caller.requestId,
    now: world.now(),
  })
}

/** Runs `read` and turns what it finds wrong with the query options into a 400. */
export function readingOptions<T>(about: About, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof ODataProblem) throw badRequest(about, error.message)
    throw error
  }
}

/** Whether the request asks for enum members added after `unknownFutureValue`. */
export function includesUnknownMembers(request: FastifyRequest): boolean {
  const header = request.headers.prefer
  const preferences = (Array.isArray(header) ? header : [header ?? '']).join(',')
  return preferences.split(',').some(one => one.trim().toLowerCase() === 'include-unknown-enum-members')
}

export function queryOf(request: FastifyRequest): URLSearchParams {
  const mark = request.url.indexOf('?')
  return new URLSearchParams(mark < 0 ? '' : request.url.slice(mark + 1))
}

/**
 * The opaque link to the next page: the options as they were asked, with a skip token.
 *
 * @param origin the cloud's own, whatever host this simulator listens on
 */
export function nextLink(origin: string, path: string, query: URLSearchParams, skipToken: string): string {
  const options = [...query]
    .filter(([name]) => name !== '$skip' && name !== '$skiptoken')
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  return `${origin}${path}?${[...options, `$skiptoken=${skipToken}`].join('&')}`
}

/** Leaves the selected properties, and the key, which is always there. */
export function selectProperties(
  entity: Record<string, unknown>,
  select: readonly string[] | null,
): Record<string, unknown> {
  if (!select) return entity
  return Object.fromEntries(Object.entries(entity).filter(([name]) => name === 'id' || select.includes(name)))
}
