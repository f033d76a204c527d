import { constants } from 'node:zlib'
import compress from '@fastify/compress'
import type { FastifyInstance } from 'fastify'
import plugin from 'fastify-plugin'

/**
 * Addresses of pages that show a secret: a consent link, a key, a webhook's
 * secret. How well such a page compresses would tell whether a guess that is
 * put into it is right, so it is sent as it is. Tokens against forged requests
 * are no such secrets: each page has another one.
 *
 * @see breachattack.com
 */
const withSecrets =
  /^\/(join|consent|invitations|settings|webhooks|auth)(\/|$)|^\/api\/v1\/(invitations|webhooks|api-keys)(\/|$)/

/** Brotli and gzip for what is worth it; event streams go out as they come. */
export const compression = plugin(
  async (app: FastifyInstance) => {
    app.addHook('onRoute', route => {
      if (withSecrets.test(route.url)) route.compress = false
      if ('sse' in route && route.sse) route.compress = false
    })
    await app.register(compress, {
      encodings: ['br', 'gzip'],
      threshold: 1024,
      customTypes:
        /^(text\/(?!event-stream)|application\/(json|problem\+json|javascript|x-ndjson|xml)|image\/svg\+xml)/,
      brotliOptions: { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } },
      zlibOptions: { level: 6 },
    })
  },
  { name: 'compression' },
)
