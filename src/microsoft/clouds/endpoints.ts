import { AppError, RemoteError, type RemoteService } from '../../errors.ts'
import { isLoopback } from '../../platform/loopback.ts'
import { namedFailure } from '../failures/named-failure.ts'
import { type ApiBase, furtherEndpointBases, regionalEndpointOrigins } from './api-bases.ts'
import { type Cloud, type CloudName, clouds, cloudsBehindLoginOf, type Surface } from './clouds.ts'

/** Origins that stand in for the cloud's own, null where the cloud's own is used. */
export type Substitution = {
  login: string | null
  graph: string | null
  defender: string | null
  endpoint: string | null
}

export type EndpointService = 'login' | Surface

/** The cloud's hosts as they are really reached. */
export type Endpoints = {
  cloud: Cloud
  /** Clouds whose tenants can be served with this registration, the own one first. */
  served: readonly CloudName[]
  /** The hosts of another served cloud; the own ones for any other name. */
  inCloud(name: string): Endpoints
  /**
   * @param pathAndQuery begins with `/`
   * @throws RemoteError `not_in_cloud` when the cloud does not offer the surface
   */
  url(service: EndpointService, pathAndQuery: string): URL
  /**
   * Every way to the API of a surface, in the order in which they are tried.
   * Hosts that a substitution puts together are one way.
   *
   * @throws RemoteError `not_in_cloud`
   */
  bases(surface: Surface): readonly ApiBase[]
  /** The same as `url`, on one of `bases`. */
  urlOn(base: ApiBase, pathAndQuery: string): URL
  /**
   * A link inside an answer, made safe to follow with a token: the cloud's own
   * origin, every other one of the same API and the substituted one all become
   * the one that is asked.
   *
   * @param base the way that the answer came by; without it, the first
   * @throws RemoteError `foreign_link` for any other origin
   */
  admitLink(service: EndpointService, link: string, base?: ApiBase): URL
  /** Moves a URL of one of the cloud's four services to its substituted origin; leaves any other as it is. */
  substitute(url: URL): URL
}

const services = ['login', 'graph', 'defender', 'endpoint'] as const

/**
 * @throws AppError `settings` when a substituted origin is no origin, or is plain http beyond this machine
 */
export function createEndpoints(name: CloudName, substitution: Substitution): Endpoints {
  const cloud = clouds[name]
  const own: Record<EndpointService, string | null> = { login: cloud.loginOrigin, ...cloud.origins }
  const reached = {
    login: readOrigin('LOGIN', substitution.login) ?? own.login,
    graph: readOrigin('GRAPH', substitution.graph) ?? own.graph,
    defender: readOrigin('DEFENDER', substitution.defender) ?? own.defender,
    endpoint: readOrigin('ENDPOINT', substitution.endpoint) ?? own.endpoint,
  }

  const admitted: Record<EndpointService, readonly (string | null)[]> = {
    login: [own.login],
    graph: [own.graph],
    defender: [own.defender],
    endpoint: [
      own.endpoint,
      ...furtherEndpointBases[name].map(({ origin }) => origin),
      ...regionalEndpointOrigins[name],
    ],
  }

  /** Where another host of the Endpoint API is reached. */
  function reachedFurther(origin: string): string {
    // Set alone, the substitution stands for every host of this API.
    if (substitution.endpoint !== null && substitution.defender === null) return originOf('endpoint')
    return origin === own.defender ? originOf('defender') : origin
  }

  function basesOf(surface: Surface): readonly ApiBase[] {
    const first = { origin: originOf(surface), tokenOf: surface }
    if (surface !== 'endpoint') return [first]
    const further = furtherEndpointBases[name].map(base => ({
      ...base,
      origin: reachedFurther(base.origin),
    }))
    return [first, ...further.filter(({ origin }) => origin !== first.origin)]
  }

  function urlAt(origin: string, pathAndQuery: string): URL {
    if (!pathAndQuery.startsWith('/')) throw new TypeError(`"${pathAndQuery}" does not begin with "/"`)
    return new URL(origin + pathAndQuery)
  }

  function originOf(service: EndpointService): string {
    const origin = reached[service]
    if (origin !== null) return origin
    throw new RemoteError(
      namedFailure('not_in_cloud', {
        service: remoteServiceOf(service),
        message: `${cloud.label} does not offer this API.`,
      }),
    )
  }

  const served = cloudsBehindLoginOf(name)
  const others = new Map<string, Endpoints>()

  const endpoints: Endpoints = {
    cloud,
    served,

    inCloud(wanted) {
      const other = served.find(one => one === wanted && one !== name)
      if (other === undefined) return endpoints
      const made = others.get(other) ?? createEndpoints(other, substitution)
      others.set(other, made)
      return made
    },

    url: (service, pathAndQuery) => urlAt(originOf(service), pathAndQuery),
    bases: basesOf,
    urlOn: ({ origin }, pathAndQuery) => urlAt(origin, pathAndQuery),

    admitLink(service, link, base) {
      const url = URL.canParse(link) ? new URL(link) : null
      const origin = base?.origin ?? originOf(service)
      const isOurs = url && (url.origin === origin || admitted[service].includes(url.origin))
      if (isOurs && url.username === '' && url.password === '') {
        return new URL(origin + url.pathname + url.search)
      }
      throw new RemoteError(
        namedFailure('foreign_link', {
          service: remoteServiceOf(service),
          message: `The answer holds a link to ${url?.host || 'no host'} instead of ${new URL(origin).host}; it was not followed.`,
        }),
      )
    },

    substitute(url) {
      const service = services.find(candidate => own[candidate] === url.origin)
      return service === undefined
        ? new URL(url)
        : new URL(originOf(service) + url.pathname + url.search + url.hash)
    },
  }
  return endpoints
}

function readOrigin(setting: string, value: string | null): string | null {
  if (value === null) return null
  const url = URL.canParse(value) ? new URL(value) : null
  const isHttps = url?.protocol === 'https:'
  const isLocal = url?.protocol === 'http:' && isLoopback(url.hostname)
  if (!url || !(isHttps || isLocal) || url.pathname !== '/' || url.search !== '' || url.username !== '') {
    throw new AppError('settings', `TENANTRY_${setting}_URL is not an origin that can be used.`, {
      remedy: 'Give scheme, host and port only; plain http is accepted for this machine alone.',
    })
  }
  return url.origin
}

function remoteServiceOf(service: EndpointService): RemoteService {
  return service === 'login' ? 'entra' : service
}
