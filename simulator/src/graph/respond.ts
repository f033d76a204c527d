import type { FastifyRequest } from 'fastify'
import type { Comment } from '../data/alert-model.ts'
import { type Page, writeSkipToken } from '../data/odata/page.ts'
import { ODataProblem } from '../data/odata/problem.ts'
import { type ApiRefusal, refuse } from '../refusal.ts'
import type { Caller, World } from '../world.ts'
import { renderComment } from './incidents.ts'

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
 * The answer to a list: the page, how many there are when that was asked, and the opaque link to the next one,
 * which repeats the options as they were asked.
 *
 * @param origin the cloud's own, whatever host this simulator listens on
 */
export function listAnswer<T>(
  { origin, path, query }: { origin: string; path: string; query: URLSearchParams },
  { count, page }: { count: boolean; page: Page<T> },
  render: (item: T) => Record<string, unknown>,
): Record<string, unknown> {
  const options = [...query]
    .filter(([name]) => name !== '$skip' && name !== '$skiptoken')
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  const link = (offset: number) =>
    `${origin}${path}?${[...options, `$skiptoken=${writeSkipToken(offset)}`].join('&')}`
  return {
    '@odata.context': `${origin}${path.replace('/security', '/$metadata#security')}`,
    ...(count && { '@odata.count': page.total }),
    ...(page.nextOffset !== null && { '@odata.nextLink': link(page.nextOffset) }),
    value: page.items.map(render),
  }
}

/** All comments of an incident or alert, as adding one is answered. */
export function commentsAnswer(origin: string, comments: readonly Comment[]): Record<string, unknown> {
  return {
    '@odata.context': `${origin}/v1.0/$metadata#Collection(microsoft.graph.security.alertComment)`,
    value: comments.map(renderComment),
  }
}

/** Leaves the selected properties, and the key, which is always there. */
export function selectProperties(
  entity: Record<string, unknown>,
  select: readonly string[] | null,
): Record<string, unknown> {
  if (!select) return entity
  return Object.fromEntries(Object.entries(entity).filter(([name]) => name === 'id' || select.includes(name)))
}
