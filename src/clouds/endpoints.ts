import type { Cloud, Surface } from './clouds.ts'

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
  /** @param pathAndQuery begins with `/` */
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
