import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { EntraError } from './aadsts.ts'
import { accountPage, authorityTenant, signInAccount, silentAccount } from './account.ts'
import { errorParams, sendAnswer, sendCode, sendPage } from './answer.ts'
import { type AuthorizeRequest, readAnswerTarget, readAuthorizeRequest } from './authorize-request.ts'
import type { ConsentFlows } from './consent-flow.ts'
import {
  blockOf,
  type EntraContext,
  given,
  multiTenantNames,
  personalNames,
  readParams,
  type SignedIn,
} from './context.ts'

type TenantPath = { Params: { tenant: string } }

/**
 * Sign-in of a person: authorization code with PKCE, state and nonce, answered
 * by query, fragment or form post.
 *
 * @see Microsoft identity platform, "OAuth 2.0 authorization code flow"
 */
export async function authorizeRoutes(
  app: FastifyInstance,
  { context, flows }: { context: EntraContext; flows: ConsentFlows },
) {
  async function authorize(request: FastifyRequest<TenantPath>, reply: FastifyReply, version: 'v1' | 'v2') {
    const { tenant: segment } = request.params
    const params = readParams(request)
    if (personalNames.includes(segment)) throw new EntraError(700016, 'Personal accounts are not allowed.')
    const authority = multiTenantNames.includes(segment) ? undefined : authorityTenant(context, segment)
    const target = readAnswerTarget(context, params)

    let wanted: AuthorizeRequest
    let signedIn: SignedIn
    try {
      wanted = readAuthorizeRequest(params, version)
      const account = given(params, 'account')
      if (wanted.prompt === 'none') {
        signedIn = silentAccount(context, request, authority, wanted.loginHint)
      } else if (account === undefined || request.method === 'GET') {
        return sendPage(reply, accountPage(context, request, params, authority))
      } else {
        signedIn = signInAccount(context, request, reply, account, authority, wanted)
      }
      const { tenant } = signedIn
      const refusal =
        blockOf(context, tenant, 'interaction_required') ?? context.takeSignInRefusal(tenant.tenantId)
      if (refusal) throw refusal
    } catch (error) {
      // A wrong account is settled between the person and Entra; the application never hears of it.
      if (!(error instanceof EntraError) || [50020, 50126].includes(error.code)) throw error
      return sendAnswer(reply, target, errorParams(context, error))
    }

    if (context.directory.principal(signedIn.tenant.tenantId) === 'disabled') throw new EntraError(7000112)
    if (wanted.prompt === 'admin_consent') {
      return flows.begin(reply, signedIn, { kind: 'code', target, request: wanted })
    }
    return sendCode(context, reply, target, wanted, signedIn)
  }

  app.get<TenantPath>('/:tenant/oauth2/v2.0/authorize', (request, reply) => authorize(request, reply, 'v2'))
  app.post<TenantPath>('/:tenant/oauth2/v2.0/authorize', (request, reply) => authorize(request, reply, 'v2'))
  app.get<TenantPath>('/:tenant/oauth2/authorize', (request, reply) => authorize(request, reply, 'v1'))
  app.post<TenantPath>('/:tenant/oauth2/authorize', (request, reply) => authorize(request, reply, 'v1'))
}
