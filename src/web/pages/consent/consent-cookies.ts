import { randomBytes } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { ConsentOutcome } from '../../../consent/consent-outcome.ts'
import { readSignedJson, toSignedJson } from '../../signed-json.ts'

const end = z.object({
  kind: z.string(),
  title: z.string(),
  cause: z.string(),
  nextStep: z.string(),
  code: z.string().nullable(),
  correlationId: z.string().nullable(),
  requestId: z.string().nullable(),
  customerName: z.string().nullable(),
  tenantId: z.string().nullable(),
  retryUrl: z.string().nullable(),
  staffUrl: z.string().nullable().default(null),
})

/**
 * The two cookies of a customer's consent. One recognises the browser that set
 * out when it comes back; the other keeps how the consent ended, so that the
 * page at its end needs nothing in its address and no row holds the link.
 */
export function createConsentCookies({ https }: { https: boolean }) {
  // The __Host- prefix keeps other hosts of the same domain from planting the
  // cookie; it needs the path "/", which also lets two tabs share one id.
  const browserCookie = https ? '__Host-tenantry-browser' : 'tenantry-browser'
  const endCookie = https ? '__Secure-tenantry-end' : 'tenantry-end'
  // Lax, not strict: the redirect back from Microsoft must carry them.
  const options = { httpOnly: true, sameSite: 'lax', secure: https } as const

  return {
    /** The browser's random value, null when it has none. */
    readBrowser: (request: FastifyRequest): string | null => request.cookies[browserCookie] || null,

    /** The same, made and set when there is none. */
    ensureBrowser(request: FastifyRequest, reply: FastifyReply): string {
      const known = request.cookies[browserCookie]
      const id = known && /^[\w-]{43}$/.test(known) ? known : randomBytes(32).toString('base64url')
      reply.setCookie(browserCookie, id, { ...options, path: '/', maxAge: 86_400 })
      return id
    },

    keepEnd(reply: FastifyReply, ended: ConsentOutcome): void {
      reply.setCookie(endCookie, toSignedJson(ended), {
        ...options,
        path: '/consent/result',
        maxAge: 3600,
        signed: true,
      })
    },

    /** How this browser's last consent ended; null without a cookie of ours. */
    readEnd(request: FastifyRequest): ConsentOutcome | null {
      return readSignedJson(request, endCookie, end) as ConsentOutcome | null
    },
  }
}
