import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Config } from '../../../config.ts'
import { orList } from '../../../consent/approvers.ts'
import { type ConsentOutcome, consentOutcome } from '../../../consent/consent-outcome.ts'
import { customerProgress } from '../../../consent/customer-progress.ts'
import type { ConsentFlow } from '../../../consent/flow.ts'
import { originOf } from '../../request-origin.ts'
import { createConsentCookies } from './consent-cookies.ts'
import { toEndPage } from './consent-end.ts'
import { showPermissions } from './join-permissions.ts'
import { isVisit } from './visits.ts'

type Link = { Params: { token: string } }

/** Links that lead nowhere, as programs understand them. */
const statuses: Partial<Record<ConsentOutcome['kind'], number>> = {
  unknown_link: 404,
  expired: 410,
  revoked: 410,
  used: 410,
}

/**
 * The customer's pages in the order in which they are seen: the link, the way to
 * Microsoft, its two answers, and the end. Nobody signs in here: whoever has the
 * link may read it.
 */
export async function consentRoutes(
  app: FastifyInstance,
  { consent, config, loginOrigins }: { consent: ConsentFlow; config: Config; loginOrigins: string[] },
): Promise<void> {
  const cookies = createConsentCookies({ https: config.publicUrl.startsWith('https:') })

  // The last is where browsers are really sent: the cloud's own, or what stands in for it.
  const microsoftHost = new URL(loginOrigins.at(-1) ?? 'https://login.microsoftonline.com').host

  async function showEnd(reply: FastifyReply, end: ConsentOutcome): Promise<FastifyReply> {
    reply.code(statuses[end.kind] ?? 200)
    return await reply.page('/consent/end', { title: end.title }, toEndPage(end))
  }

  async function showLink(
    request: FastifyRequest<Link>,
    reply: FastifyReply,
    problem: { title: string; text: string } | null = null,
  ): Promise<FastifyReply> {
    const { token } = request.params
    const found = await consent.open(token, isVisit(request))
    if (found.kind === 'end') return await showEnd(reply, found.end)
    const { page } = found
    return await reply.page(
      '/join/index',
      { title: `Connect ${page.customerName} with ${config.partnerName}` },
      {
        link: page,
        ...showPermissions(page),
        approvers: orList(page.approvers),
        action: `/join/${token}/consent`,
        problem,
        clientId: config.clientId,
        microsoftHost,
      },
    )
  }

  app.get<Link>(
    '/join/:token',
    { config: { act: 'public', rateLimit: { max: 300, timeWindow: '1 minute' } } },
    (request, reply) => showLink(request, reply),
  )

  app.post<Link>(
    '/join/:token/consent',
    {
      // By link: a whole company may sit behind one address.
      config: {
        act: 'public',
        rateLimit: {
          max: 60,
          timeWindow: '1 minute',
          keyGenerator: request => (request.params as Link['Params']).token,
        },
      },
      errorHandler: async (error, request, reply) => {
        if (!('code' in error) || !String(error.code).startsWith('FST_CSRF')) throw error
        // The cookie that should have come with the form is blocked or too old.
        return await showLink(request, reply.code(403), {
          title: 'Your browser did not send our cookie',
          text: 'This page needs one cookie to recognise you when Microsoft sends you back. Allow cookies for this site, then press the button again.',
        })
      },
    },
    async (request, reply) => {
      const step = await consent.start(
        request.params.token,
        cookies.ensureBrowser(request, reply),
        originOf(request),
      )
      return step.kind === 'redirect' ? reply.redirect(step.url.href, 303) : await showEnd(reply, step.end)
    },
  )

  // A HEAD must not use up what counts once.
  const limited = { act: 'public', rateLimit: { max: 300, timeWindow: '1 minute' } } as const

  /** To a page without code or state in its address: reloading it repeats nothing. */
  function finish(reply: FastifyReply, end: ConsentOutcome): FastifyReply {
    cookies.keepEnd(reply, end)
    return reply.redirect(`/consent/result/${end.kind}`, 303)
  }

  app.get('/consent/callback', { exposeHeadRoute: false, config: limited }, async (request, reply) => {
    const step = await consent.completeConsent(
      queryOf(request),
      cookies.readBrowser(request),
      originOf(request),
    )
    return step.kind === 'redirect' ? reply.redirect(step.url.href, 303) : finish(reply, step.end)
  })

  app.get('/consent/proof', { exposeHeadRoute: false, config: limited }, async (request, reply) =>
    finish(
      reply,
      await consent.completeProof(queryOf(request), cookies.readBrowser(request), originOf(request)),
    ),
  )

  // Posted fields become a query: browsers keep our cookie out of a post that
  // comes from another site, and send it when they follow the redirect.
  for (const path of ['/consent/callback', '/consent/proof']) {
    app.post(path, { config: { ...limited, acceptsOtherSites: true } }, async (request, reply) =>
      reply.redirect(`${path}?${fieldsOf(request)}`, 303),
    )
  }

  app.get<{ Params: { kind: string } }>(
    '/consent/result/:kind',
    { config: { act: 'public' } },
    async (request, reply) => {
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
    },
  )

  /** Without cookies only those endings can be shown that tell nothing of anybody. */
  function endFor(kind: string, kept: ConsentOutcome | null): ConsentOutcome | null {
    if (kept?.kind === kind) return kept
    return kind === 'forged' || kind === 'other_browser' ? consentOutcome(kind, config.askedRoles) : null
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
