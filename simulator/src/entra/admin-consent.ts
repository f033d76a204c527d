import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { hostsOfTenant, surfaceOfResource } from '../hosts.ts'
import { EntraError } from './aadsts.ts'
import { accountPage, authorityTenant, signInAccount } from './account.ts'
import { errorParams, sendAnswer, sendPage } from './answer.ts'
import { type AnswerTarget, checkClient, readRedirectUri } from './authorize-request.ts'
import type { ConsentFlows } from './consent-flow.ts'
import { checkCloud, type EntraContext, given, personalNames, readParams } from './context.ts'

type TenantPath = { Params: { tenant: string } }

/** Scopes of a v2 link: either `{resource}/.default`, or dynamic (delegated) ones; never both. */
function readScopes(
  { hosts }: EntraContext,
  scope: string | undefined,
): { scope: string; isStatic: boolean } {
  if (!scope) throw new EntraError(900144, "Missing: 'scope'.")
  const scopes = scope.split(' ').filter(Boolean)
  const statics = scopes.filter(name => name.endsWith('/.default'))
  if (statics.length > 0 && statics.length < scopes.length) {
    throw new EntraError(70011, "'.default' cannot be combined with other scopes.")
  }
  // Which tenant it is for is known only after the sign-in.
  const everyHosts = [hosts, hostsOfTenant(hosts, { regionSubScope: 'GCC' })]
  const unknown = statics.find(
    name => !everyHosts.some(one => surfaceOfResource(one, name.slice(0, -'/.default'.length))),
  )
  if (unknown) throw new EntraError(70011, `Found '${unknown}'.`)
  return { scope, isStatic: statics.length > 0 }
}

/**
 * The links with which an administrator grants the app's permissions for the
 * whole organization.
 *
 * @see Microsoft identity platform, "Admin consent"
 */
export async function adminConsentRoutes(
  app: FastifyInstance,
  { context, flows }: { context: EntraContext; flows: ConsentFlows },
) {
  async function adminConsent(
    request: FastifyRequest<TenantPath>,
    reply: FastifyReply,
    version: 'v1' | 'v2',
  ) {
    const { tenant: segment } = request.params
    const params = readParams(request)
    if (personalNames.includes(segment)) throw new EntraError(9001023)
    // Seen on v2 with `common`: it is taken for a sign-in request.
    if (version === 'v2' && segment === 'common') throw new EntraError(900144, "Missing: 'response_type'.")
    const authority = authorityTenant(context, segment)
    if (authority) checkCloud(context, authority, 90038)
    checkClient(context, params)
    if (version === 'v2' && !given(params, 'redirect_uri'))
      throw new EntraError(900144, "Missing: 'redirect_uri'.")
    // Entra strips HTML out of the state that it hands back.
    const state = params.get('state')?.replace(/<[^>]*>/g, '')
    const target: AnswerTarget = {
      redirectUri: readRedirectUri(context, params),
      responseMode: 'query',
      state,
    }

    let scopes = { scope: '', isStatic: true }
    try {
      if (version === 'v2') scopes = readScopes(context, given(params, 'scope'))
    } catch (error) {
      if (!(error instanceof EntraError)) throw error
      const answer = errorParams(context, error)
      answer.set('admin_consent', 'True')
      return sendAnswer(reply, target, answer)
    }

    const account = given(params, 'account')
    if (account === undefined || request.method === 'GET') {
      return sendPage(reply, accountPage(context, request, params, authority))
    }
    const signedIn = signInAccount(context, request, reply, account, authority)
    return flows.begin(reply, signedIn, { kind: 'callback', version, target, ...scopes })
  }

  app.get<TenantPath>('/:tenant/adminconsent', (request, reply) => adminConsent(request, reply, 'v1'))
  app.post<TenantPath>('/:tenant/adminconsent', (request, reply) => adminConsent(request, reply, 'v1'))
  app.get<TenantPath>('/:tenant/v2.0/adminconsent', (request, reply) => adminConsent(request, reply, 'v2'))
  app.post<TenantPath>('/:tenant/v2.0/adminconsent', (request, reply) => adminConsent(request, reply, 'v2'))

  app.post<TenantPath>('/:tenant/consent', async (request, reply) => {
    const params = readParams(request)
    return flows.decide(reply, params.get('flow') ?? '', params.get('decision') ?? '')
  })
}
