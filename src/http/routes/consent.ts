import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Config } from '../../config.ts'
import { customerProgress } from '../../consent/customer-progress.ts'
import type { ConsentFlow } from '../../consent/flow.ts'
import { type JourneyEnd, journeyEnd } from '../../consent/journey.ts'
import { createJourneyCookies } from '../journey-cookies.ts'
import { toEndPage } from '../journey-end.ts'

/** Where Microsoft sends the customer's admin back to, and the pages at the end of the journey. */
export async function consentRoutes(
  app: FastifyInstance,
  { consent, config }: { consent: ConsentFlow; config: Config },
): Promise<void> {
  const cookies = createJourneyCookies({ https: config.publicUrl.startsWith('https:') })
  // A HEAD must not use up what counts once.
  const once = { exposeHeadRoute: false, config: { rateLimit: { max: 300, timeWindow: '1 minute' } } }

  /** To a page without code or state in its address: reloading it repeats nothing. */
  function finish(reply: FastifyReply, end: JourneyEnd): FastifyReply {
    cookies.keepEnd(reply, end)
    return reply.redirect(`/consent/result/${end.kind}`, 303)
  }

  app.get('/consent/callback', once, async (request, reply) => {
    const step = await consent.completeConsent(queryOf(request), cookies.readBrowser(request))
    return step.kind === 'redirect' ? reply.redirect(step.url.href, 303) : finish(reply, step.end)
  })

  app.get('/consent/proof', once, async (request, reply) =>
    finish(reply, await consent.completeProof(queryOf(request), cookies.readBrowser(request))),
  )

  // Posted fields become a query: browsers keep our cookie out of a post that
  // comes from another site, and send it when they follow the redirect.
  for (const path of ['/consent/callback', '/consent/proof']) {
    app.post(path, once, async (request, reply) => reply.redirect(`${path}?${fieldsOf(request)}`, 303))
  }

  app.get<{ Params: { kind: string } }>('/consent/result/:kind', async (request, reply) => {
    const end = endFor(request.params.kind, cookies.readEnd(request))
    if (!end) {
      return await reply.code(404).page('/consent/nothing', { title: 'Nothing to show here' })
    }
    const found = end.kind === 'approved' && end.tenantId ? await consent.progress(end.tenantId) : null
    const progress = found ? customerProgress(found) : null
    if (request.headers['hx-request']) {
      return await reply.partial('/consent/_progress', { progress })
    }
    return await reply.page(
      '/consent/end',
      { title: end.title, live: progress?.underWay ?? false },
      { ...toEndPage(end), progress },
    )
  })

  /** Without cookies only those endings can be shown that tell nothing of anybody. */
  function endFor(kind: string, kept: JourneyEnd | null): JourneyEnd | null {
    if (kept?.kind === kind) return kept
    return kind === 'forged' || kind === 'other_browser' ? journeyEnd(kind, config.askedRoles) : null
  }
}

function queryOf(request: FastifyRequest): URLSearchParams {
  return new URL(request.url, 'http://localhost').searchParams
}

/** The fields of a posted form, repeated ones too: that a field came twice is for the domain to refuse. */
function fieldsOf(request: FastifyRequest): URLSearchParams {
  const fields = Object.entries((request.body ?? {}) as Record<string, string | string[]>)
  return new URLSearchParams(
    fields.flatMap(([name, value]) => [value].flat().map(one => [name, String(one)])),
  )
}
