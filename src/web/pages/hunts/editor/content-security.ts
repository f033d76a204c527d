import type { RouteShorthandOptions } from 'fastify'

/**
 * Headers of the pages with the query editor. Monaco writes its colours and
 * measures into style elements, so styles of the page itself are allowed
 * there; scripts stay ours alone, and its worker is one of our files.
 */
export function editorHeaders(loginOrigins: string[], https: boolean): Pick<RouteShorthandOptions, 'helmet'> {
  return {
    helmet: {
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'none'"],
          scriptSrc: ["'self'"],
          workerSrc: ["'self'"],
          styleSrc: ["'self'", "'unsafe-inline'"],
          imgSrc: ["'self'", 'data:'],
          fontSrc: ["'self'"],
          connectSrc: ["'self'"],
          formAction: ["'self'", ...loginOrigins],
          frameAncestors: ["'none'"],
          baseUri: ["'none'"],
          ...(https ? { upgradeInsecureRequests: [] } : {}),
        },
      },
    },
  }
}
