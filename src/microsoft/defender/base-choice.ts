import { type Failure, RemoteError } from '../../errors.ts'
import { BoundedMap, type Used } from '../../platform/limits/bounded-map.ts'
import type { ApiBase } from '../clouds/api-bases.ts'
import type { Surface } from '../clouds/clouds.ts'
import { namedFailure } from '../http/index.ts'

/** A call that may go to several hosts. `key`: for whom the host that answered is remembered. */
type Wanted = { key: string; surface: Surface; isWrite: boolean }

export type BaseChoice = {
  /**
   * Calls on the way that answered last, else on each in turn until one
   * answers. The next way is taken only when the one before certainly did
   * nothing: it is not there any more, or it did not take the token.
   *
   * @throws RemoteError `interface_retired` when the API answers nowhere any more, else the first real answer
   */
  use<T>(wanted: Wanted, bases: readonly ApiBase[], call: (base: ApiBase) => Promise<T>): Promise<T>
}

type Proven = Used & { base: ApiBase; until: number }

/** Then the documented order is tried again. */
const provenMs = 3600_000
const mostKeys = 50_000

export function createBaseChoice(now: () => number = Date.now): BaseChoice {
  const proven = new BoundedMap<string, Proven>(mostKeys)

  function provenBase(key: string, bases: readonly ApiBase[]): ApiBase | null {
    const known = proven.get(key)
    return known && known.until > now() ? (bases.find(base => isSame(base, known.base)) ?? null) : null
  }

  return {
    async use({ key, surface, isWrite }, bases, call) {
      if (bases.length === 1 && bases[0]) return await callOnly(surface, bases[0], call)

      const first = provenBase(key, bases)
      const order = first ? [first, ...bases.filter(base => base !== first)] : bases
      const seen: { base: ApiBase; failure: Failure; error: RemoteError }[] = []
      for (const base of order) {
        const last = seen.at(-1)
        // Another token on the same host helps only where the one before was refused.
        if (last && last.base.origin === base.origin && !isTokenRefused(last.failure)) continue
        try {
          const answer = await call(base)
          proven.set(key, { base, until: now() + provenMs, isUsed: false })
          return answer
        } catch (error) {
          if (!(error instanceof RemoteError)) throw error
          const { failure } = error
          seen.push({ base, failure, error })
          if (isGone(failure) || isBehindProxy(failure)) continue
          const isProven = base === first
          // Nothing tells an unknown object from a path that is gone, but a host that answered lately.
          if (isUnknownObject(failure) && !isProven && !isWrite) continue
          if (isTokenRefused(failure) && !isProven && hasOtherToken(base, bases)) continue
          break
        }
      }
      throw verdict(
        surface,
        seen.map(({ error }) => error),
      )
    },
  }
}

async function callOnly<T>(surface: Surface, base: ApiBase, call: (base: ApiBase) => Promise<T>): Promise<T> {
  try {
    return await call(base)
  } catch (error) {
    throw error instanceof RemoteError && surface !== 'graph' ? verdict(surface, [error]) : error
  }
}

/** The error that says most: a real answer before hosts that are gone. */
function verdict(surface: Surface, errors: readonly RemoteError[]): RemoteError {
  const real = errors.find(({ failure }) => !isGone(failure))
  if (real) return real
  const answered = errors.find(({ failure }) => failure.status !== null)
  if (answered) return retired(surface, answered)
  const [first] = errors
  if (first) return first
  throw new TypeError('there is no way to this API')
}

function retired(surface: Surface, error: RemoteError): RemoteError {
  const { status, requestId, serviceCode } = error.failure
  return new RemoteError(
    namedFailure('interface_retired', { service: surface, status, requestId, serviceCode }),
    error,
  )
}

/** The interface itself is not there: nothing was done. */
function isGone({ status, code, serviceCode }: Failure): boolean {
  if (status === 410) return true
  // What the API itself does not find it names so; a gateway in its place has other words or none.
  if (status === 404) return !/NotFound$/i.test(serviceCode ?? '')
  return code === 'network' && /^(ENOTFOUND|EAI_\w+)$/.test(serviceCode ?? '')
}

/** A proxy that could not connect does not say whether the host is gone or only away: the others are asked, and if none answers, this is told. */
function isBehindProxy({ serviceCode }: Failure): boolean {
  return serviceCode === 'EPROXY_UPSTREAM'
}

function isUnknownObject({ status }: Failure): boolean {
  return status === 404
}

function isTokenRefused({ status, service, code }: Failure): boolean {
  return status === 401 || status === 403 || (service === 'entra' && code !== 'throttled')
}

function hasOtherToken(base: ApiBase, bases: readonly ApiBase[]): boolean {
  return bases.some(other => other.origin === base.origin && other.tokenOf !== base.tokenOf)
}

function isSame(a: ApiBase, b: ApiBase): boolean {
  return a.origin === b.origin && a.tokenOf === b.tokenOf
}
