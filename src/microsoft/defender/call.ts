import { type Failure, RemoteError } from '../../errors.ts'
import type { ApiBase } from '../clouds/api-bases.ts'
import type { Surface } from '../clouds/clouds.ts'
import type { Endpoints } from '../clouds/endpoints.ts'
import type { EndpointsOf } from '../clouds/tenant-endpoints.ts'
import { namedFailure, type QuotaName, type Remote, type RemoteAnswer } from '../http/index.ts'
import type { Token, Tokens } from '../tokens/index.ts'
import { type BaseChoice, createBaseChoice } from './base-choice.ts'

/** One request to an API of a tenant. */
export type SurfaceCall = {
  /** GUID */
  tenantId: string
  surface: Surface
  method?: 'GET' | 'POST' | 'PATCH'
  /** Path and query on the surface's host, or a link that a former answer gave. */
  path: string | { link: string }
  /** Sent as JSON. */
  body?: unknown
  /** Changes something: repeated only when it is known that it did not happen. Default: PATCH does. */
  write?: boolean
  quota: QuotaName
  /** Nobody waits for it: a quarter of the quota is left to calls that somebody waits for. */
  isBackground?: boolean
  timeoutMs?: number
  /** For the call with its waits and retries; default 60 s, as somebody mostly waits for it. */
  deadlineMs?: number
  quotaWaitMs?: number
  attempts?: number
  maxBytes?: number
  onLarge?: (signal: AbortSignal) => Promise<void>
  /** Default `json`. */
  expect?: 'json' | 'json-later'
  signal?: AbortSignal
}

/**
 * Calls a surface as our application, with the right token.
 *
 * @throws RemoteError for everything that is not a 2xx with JSON, also when there is no token to be had
 */
export type CallSurface = (call: SurfaceCall) => Promise<RemoteAnswer>

/** Hears how each call ended: null is a success. Not waited for, so that it cannot fail a call that succeeded. */
export type OnOutcome = (tenantId: string, surface: Surface, failure: Failure | null) => void

export type CallDeps = {
  remote: Remote
  tokens: Pick<Tokens, 'acquire' | 'rejected'>
  endpoints: Endpoints
  /** For tenants whose Defender hosts are others; the same for all unless told. */
  endpointsOf?: EndpointsOf
  onOutcome?: OnOutcome
  /** Remembers which host of an API answered, for all that share it. */
  baseChoice?: BaseChoice
}

const defaultDeadlineMs = 60_000

/**
 * The one way to the Defender APIs. A token that an API rejects with 401 is
 * dropped, and the call made once more with a new one: a 401 means that
 * nothing happened, so this holds for writes too.
 */
export function createCallSurface({
  remote,
  tokens,
  endpoints,
  endpointsOf = async () => endpoints,
  onOutcome = () => {},
  baseChoice = createBaseChoice(),
}: CallDeps): CallSurface {
  async function send(call: SurfaceCall, url: URL, token: Token): Promise<RemoteAnswer> {
    const { tenantId, surface, method = 'GET', body } = call
    return remote.call({
      service: surface,
      tenantId,
      method,
      url,
      headers: {
        authorization: token.authorization(),
        accept: 'application/json',
        // Without it, members that joined an enum later come back as "unknownFutureValue".
        ...(surface === 'graph' ? { prefer: 'include-unknown-enum-members' } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      deadlineMs: call.deadlineMs ?? defaultDeadlineMs,
      ...pick(call, [
        'write',
        'quota',
        'isBackground',
        'timeoutMs',
        'quotaWaitMs',
        'attempts',
        'maxBytes',
        'onLarge',
        'expect',
        'signal',
      ]),
    })
  }

  async function callWithToken(call: SurfaceCall, there: Endpoints, base: ApiBase): Promise<RemoteAnswer> {
    const { tenantId, surface, path, signal } = call
    // Before a token is asked for: a link to elsewhere gets none.
    const url = typeof path === 'string' ? there.urlOn(base, path) : there.admitLink(surface, path.link, base)
    const acquire = () => tokens.acquire(tenantId, base.tokenOf, signal ? { signal } : {})

    const token = await acquire()
    try {
      return await send(call, url, token)
    } catch (error) {
      if (!(error instanceof RemoteError) || error.failure.code !== 'token_rejected') throw error
      tokens.rejected(token)
    }
    return send(call, url, await acquire())
  }

  return async call => {
    try {
      const { tenantId, surface, method, write: isWrite = method === 'PATCH' } = call
      const there = await endpointsOf(tenantId, surface)
      const answer = await baseChoice.use({ key: tenantId, surface, isWrite }, there.bases(surface), base =>
        callWithToken(call, there, base),
      )
      onOutcome(call.tenantId, call.surface, null)
      return answer
    } catch (thrown) {
      const error = asRemoteError(thrown, call)
      onOutcome(call.tenantId, call.surface, error.failure)
      throw error
    }
  }
}

/** @throws whatever is not a failure of the other side */
function asRemoteError(thrown: unknown, call: SurfaceCall): RemoteError {
  if (thrown instanceof RemoteError) return thrown
  // Waiting for a token ends with the caller's own reason.
  if (call.signal?.aborted)
    return new RemoteError(namedFailure('canceled', { service: call.surface }), thrown)
  throw thrown
}

function pick<T extends object, K extends keyof T>(from: T, keys: K[]): Pick<T, K> {
  const picked = {} as Pick<T, K>
  for (const key of keys) if (from[key] !== undefined) picked[key] = from[key]
  return picked
}
