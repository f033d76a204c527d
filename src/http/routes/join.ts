import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Config } from '../../config.ts'
import type { ConsentFlow } from '../../consent/flow.ts'
import type { JourneyEnd } from '../../consent/journey.ts'
import { createJourneyCookies } from '../journey-cookies.ts'
import { toEndPage } from '../journey-end.ts'
import { isVisit } from '../visits.ts'

type Link = { Params: { token: string } }

/** Links that lead nowhere, as programs understand them. */
const statuses: Partial<Record<JourneyEnd['kind'], number>> = {
  unknown_link: 404,
  expired: 410,
  revoked: 410,
  used: 410,
}

/** The customer's page, and the way from it to Microsoft. Nobody signs in here: whoever has the link may read it. */
export async function joinRoutes(
  app: FastifyInstance,
  { consent, config, loginOrigins }: { consent: ConsentFlow; config: Config; loginOrigins: string[] },
): Promise<void> {
  const cookies = createJourneyCookies({ https: config.publicUrl.startsWith('https:') })

  // The last is where browsers are really sent: the cloud's own, or what stands in for it.
  const microsoftHost = new URL(loginOrigins.at(-1) ?? 'https://login.microsoftonline.com').host

  async function showEnd(reply: FastifyReply, end: JourneyEnd): Promise<FastifyReply> {
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
        action: `/join/${token}/consent`,
        problem,
        clientId: config.clientId,
        microsoftHost,
      },
    )
  }

  app.get<Link>(
    '/join/:token',
    { config: { rateLimit: { max: 300, timeWindow: '1 minute' } } },
    (request, reply) => showLink(request, reply),
  )

  app.post<Link>(
    '/join/:token/consent',
    {
      preHandler: app.csrfProtection,
      // By link: a whole company may sit behind one address.
      config: {
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
      const step = await consent.start(request.params.token, cookies.ensureBrowser(request, reply))
      return step.kind === 'redirect' ? reply.redirect(step.url.href, 303) : await showEnd(reply, step.end)
    },
  )
}
