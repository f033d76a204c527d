import { ODataProblem } from '../data/odata/problem.ts'
import { type ApiRefusal, refuse } from '../refusal.ts'
import type { Caller, World } from '../world.ts'

export type About = { caller: Caller; world: World; surface: 'defender' | 'endpoint' }

function refusal(about: About, status: number, code: string, message: string): ApiRefusal {
  return refuse(about.surface, {
    status,
    code,
    message,
    requestId: about.caller.requestId,
    now: about.world.now(),
  })
}

/** 400 of the Defender APIs; the code tells whether query, body or input was wrong. */
export function badRequest(
  about: About,
  code:
    | 'BadRequest'
    | 'ODataError'
    | 'InvalidInput'
    | 'InvalidRequestBody'
    | 'MissingRequiredParameter'
    | 'InvalidIpAddress'
    | 'OsPlatformNotSupported',
  message: string,
): ApiRefusal {
  return refusal(about, 400, code, message)
}

export function notFound(about: About, message: string): ApiRefusal {
  return refusal(about, 404, 'ResourceNotFound', message)
}

export function serverError(about: About, message: string): ApiRefusal {
  return refusal(about, 500, 'InternalServerError', message)
}

/** Runs `read` and turns what it finds wrong with the query options into a 400. */
export function readingOptions<T>(about: About, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof ODataProblem) throw badRequest(about, 'ODataError', error.message)
    throw error
  }
}

/** The link to the next page; the Defender APIs carry `$skip` in it. */
export function nextLink(origin: string, path: string, query: URLSearchParams, offset: number): string {
  const options = [...query]
    .filter(([name]) => name !== '$skip' && name !== '$skiptoken')
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  return `${origin}${path}?${[...options, `$skip=${offset}`].join('&')}`
}
