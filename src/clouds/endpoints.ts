import { AppError, RemoteError, type RemoteService } from '../errors.ts'
import { namedFailure } from '../remote/named-failure.ts'
import { type Cloud, type CloudName, clouds, type Surface } from './clouds.ts'

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
  /**
   * @param pathAndQuery begins with `/`
   * @throws RemoteError `not_in_cloud` when the cloud does not offer the surface
   */
  url(service: EndpointService, pathAndQuery: string): URL
  /**
   * A link inside an answer, made safe to follow with a token: the cloud's own
   * origin and the substituted one both become the substituted one.
   *
   * @throws RemoteError `foreign_link` for any other origin
   */
  admitLink(service: EndpointService, link: string): URL
  /** Moves a URL of one of the cloud's four services to its substituted origin; leaves any other as it is. */
  substitute(url: URL): URL
}

const services = ['login', 'graph', 'defender', 'endpoint'] as const

/** @throws AppError `settings` when a substituted origin is no origin, or is plain http beyond this machine */
export function createEndpoints(name: CloudName, substitution: Substitution): Endpoints {
  const cloud = clouds[name]
  const own: Record<EndpointService, string | null> = { login: cloud.loginOrigin, ...cloud.origins }
  const reached = {
    login: readOrigin('LOGIN', substitution.login) ?? own.login,
    graph: readOrigin('GRAPH', substitution.graph) ?? own.graph,
    defender: readOrigin('DEFENDER', substitution.defender) ?? own.defender,
    endpoint: readOrigin('ENDPOINT', substitution.endpoint) ?? own.endpoint,
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

  return {
    cloud,

    url(service, pathAndQuery) {
      if (!pathAndQuery.startsWith('/')) throw new TypeError(`"${pathAndQuery}" does not begin with "/"`)
      return new URL(originOf(service) + pathAndQuery)
    },

    admitLink(service, link) {
      const url = URL.canParse(link) ? new URL(link) : null
      const origin = originOf(service)
      if (url && url.username === '' && url.password === '' && [own[service], origin].includes(url.origin)) {
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
}

function readOrigin(setting: string, value: string | null): string | null {
  if (value === null) return null
  const url = URL.canParse(value) ? new URL(value) : null
  const isHttps = url?.protocol === 'https:'
  const isLocal = url?.protocol === 'http:' && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname)
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
