import helmet from '@fastify/helmet'
import type { FastifyInstance } from 'fastify'
import plugin from 'fastify-plugin'

/**
 * Response headers that keep pages to our own scripts, styles and forms, and
 * what customers' data is in out of every cache. Files of ours say otherwise.
 */
export const security = plugin(
  async (app: FastifyInstance, { loginOrigins, https }: { loginOrigins: string[]; https: boolean }) => {
    await app.register(helmet, {
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'none'"],
          scriptSrc: ["'self'"],
          styleSrc: ["'self'"],
          imgSrc: ["'self'", 'data:'],
          fontSrc: ["'self'"],
          connectSrc: ["'self'"],
          // Browsers check the redirects of a form too, and ours lead to Microsoft's sign-in.
          formAction: ["'self'", ...loginOrigins],
          frameAncestors: ["'none'"],
          baseUri: ["'none'"],
          ...(https ? { upgradeInsecureRequests: [] } : {}),
        },
      },
      strictTransportSecurity: https ? { maxAge: 31_536_000, includeSubDomains: false } : false,
      // Link tokens stand in addresses: no other site is told them. Ours is: without
      // a referrer, browsers would not say either where a form comes from.
      referrerPolicy: { policy: 'same-origin' },
      crossOriginEmbedderPolicy: false,
    })
    app.addHook('onRequest', async (_request, reply) => {
      reply.header('cache-control', 'no-store')
    })
  },
  { name: 'security' },
)
