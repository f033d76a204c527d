import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { hostsOfTenant, surfaceOfResource } from '../hosts.ts'
import type { CustomerProfile, Surface } from '../world.ts'
import { EntraError } from './aadsts.ts'
import { clientInfo } from './answer.ts'
import { authenticateClient, readClientId } from './client.ts'
import {
  blockOf,
  checkCloud,
  type EntraContext,
  given,
  multiTenantNames,
  type RefreshGrant,
} from './context.ts'
import { partner } from './partner.ts'
import { issueAppToken, issueIdToken, issueUserToken } from './tokens.ts'

type TokenPath = { Params: { tenant: string } }
type Version = 'v1' | 'v2'

export const noStoreHeaders = { 'cache-control': 'no-store, no-cache', pragma: 'no-cache', expires: '-1' }
/** Client telemetry: version, error and sub-error of what was asked; nothing went wrong. */
const tokenHeaders = { ...noStoreHeaders, 'x-ms-clitelem': '1,0,0,,' }

function readForm(request: FastifyRequest): URLSearchParams {
  const form = new URLSearchParams()
  if (typeof request.body !== 'object' || request.body === null)
    throw new EntraError(900144, 'The body is empty.')
  for (const [name, value] of Object.entries(request.body)) {
    if (typeof value === 'string') form.set(name, value)
  }
  return form
}

/** The one resource that an app-only request asks for, exactly as it was written. */
function readResource(form: URLSearchParams, version: Version): string {
  if (version === 'v1') {
    const resource = given(form, 'resource')
    if (!resource) throw new EntraError(900144, "Missing: 'resource'.")
    return resource
  }
  const scope = given(form, 'scope')
  if (!scope) throw new EntraError(900144, "Missing: 'scope'.")
  const [first = '', ...others] = scope.split(' ').filter(Boolean)
  if (others.length > 0) throw new EntraError(70011, `Found '${scope}': one resource at a time.`)
  if (!first.endsWith('/.default')) throw new EntraError(1002012, `Found '${scope}'.`)
  return first.slice(0, -'/.default'.length)
}

function checkResource(context: EntraContext, tenant: CustomerProfile, resource: string): Surface {
  // A resource is found by the identifiers that its principal in this tenant has.
  const surface = surfaceOfResource(hostsOfTenant(context.hosts, tenant), resource)
  const status = surface ? context.directory.resource(tenant, surface) : 'missing'
  const detail = `Resource '${resource}', tenant '${tenant.name}'.`
  if (!surface || status === 'missing') throw new EntraError(500011, detail)
  if (status === 'disabled') throw new EntraError(500014, detail)
  return surface
}

/** The service principal comes first: a tenant without one is told so, whatever the credential. */
function checkPrincipal({ directory, registration }: EntraContext, tenant: CustomerProfile): void {
  const status = directory.principal(tenant.tenantId)
  if (status === 'absent') {
    throw new EntraError(7000229, `Client '${registration.clientId}', tenant '${tenant.tenantId}'.`)
  }
  if (status === 'disabled') throw new EntraError(7000112, `Application '${registration.clientId}'.`)
}

async function appToken(
  context: EntraContext,
  request: FastifyRequest,
  form: URLSearchParams,
  tenant: CustomerProfile,
  version: Version,
): Promise<object> {
  checkCloud(context, tenant, 900382)
  const blocked = blockOf(context, tenant, 'unauthorized_client')
  if (blocked) throw blocked
  readClientId(context, request, form, tenant)
  checkPrincipal(context, tenant)
  const { provedBy } = await authenticateClient(context, request, form, tenant, 7000216)
  const resource = readResource(form, version)
  const surface = checkResource(context, tenant, resource)
  const { token, expiresIn } = issueAppToken(context, { tenant, surface, resource, provedBy })
  if (version === 'v2') {
    const { refreshInSeconds } = context.tokenOptions
    return {
      token_type: 'Bearer',
      expires_in: expiresIn,
      ext_expires_in: expiresIn,
      ...(refreshInSeconds !== undefined && { refresh_in: refreshInSeconds }),
      access_token: token,
    }
  }
  // The v1 endpoint writes its numbers as text.
  const now = Math.floor(context.world.now().getTime() / 1000)
  return {
    token_type: 'Bearer',
    expires_in: String(expiresIn),
    ext_expires_in: String(expiresIn),
    expires_on: String(now + expiresIn),
    not_before: String(now - 300),
    resource,
    access_token: token,
  }
}

function userAnswer(
  context: EntraContext,
  grant: RefreshGrant,
  form: URLSearchParams,
  nonce?: string,
): object {
  const { token, expiresIn } = issueUserToken(context, grant, grant.scopes)
  return {
    token_type: 'Bearer',
    scope: grant.scopes.filter(scope => scope !== 'offline_access').join(' '),
    expires_in: expiresIn,
    ext_expires_in: expiresIn,
    access_token: token,
    ...(grant.scopes.includes('openid') && {
      id_token: issueIdToken(context, grant, { scopes: grant.scopes, nonce }),
    }),
    ...(grant.scopes.includes('offline_access') && { refresh_token: context.refreshTokens.issue(grant) }),
    ...(form.get('client_info') === '1' && { client_info: clientInfo(grant) }),
  }
}

function matchesChallenge(
  challenge: { method: 'S256' | 'plain'; value: string },
  verifier: string | undefined,
): boolean {
  if (verifier === undefined) return false
  if (challenge.method === 'plain') return verifier === challenge.value
  return createHash('sha256').update(verifier).digest('base64url') === challenge.value
}

// Under `organizations` any issuer's code may be redeemed; under a tenant only its own.
function checkIssuer(segment: string, grant: RefreshGrant, tenant: CustomerProfile | undefined): void {
  if (tenant && grant.tenant.tenantId !== tenant.tenantId) {
    throw new EntraError(700005, `The code is of tenant '${grant.tenant.tenantId}', not of '${segment}'.`)
  }
}

/**
 * Redeems a code: once, within ten minutes, by the same client with the same
 * redirect URI and the verifier of its challenge.
 */
function redeemCode(
  context: EntraContext,
  form: URLSearchParams,
  segment: string,
  tenant: CustomerProfile | undefined,
): object {
  const code = given(form, 'code')
  if (!code) throw new EntraError(900144, "Missing: 'code'.")
  const ticket = context.codes.find(code)
  if (!ticket) throw new EntraError(70000, 'The code is malformed or unknown.')
  if (ticket.isUsed) throw new EntraError(54005)
  if (ticket.isExpired) throw new EntraError(70008)
  const grant = ticket.value
  checkIssuer(segment, grant, tenant)
  if (form.get('redirect_uri') !== grant.redirectUri) {
    throw new EntraError(50011, 'It differs from the one the code was issued for.', 'invalid_grant')
  }
  const verifier = given(form, 'code_verifier')
  if (grant.challenge && !matchesChallenge(grant.challenge, verifier)) throw new EntraError(501481)
  context.codes.use(code)
  return userAnswer(context, grant, form, grant.nonce)
}

function refresh(
  context: EntraContext,
  form: URLSearchParams,
  segment: string,
  tenant: CustomerProfile | undefined,
): object {
  const token = given(form, 'refresh_token')
  if (!token) throw new EntraError(900144, "Missing: 'refresh_token'.")
  const ticket = context.refreshTokens.find(token)
  if (!ticket) throw new EntraError(70000, 'The refresh token is malformed or unknown.')
  if (ticket.isExpired) throw new EntraError(70008)
  checkIssuer(segment, ticket.value, tenant)
  return userAnswer(context, ticket.value, form)
}

/**
 * The token endpoints.
 *
 * @see RFC 6749 sections 4.1.3 and 4.4; Microsoft identity platform, "Client credentials flow"
 */
export async function tokenRoutes(app: FastifyInstance, { context }: { context: EntraContext }) {
  async function token(request: FastifyRequest<TokenPath>, version: Version): Promise<object> {
    const { tenant: segment } = request.params
    const form = readForm(request)
    const isShared = multiTenantNames.includes(segment)
    const tenant = isShared ? undefined : context.directory.resolve(segment)
    const grantType = given(form, 'grant_type')
    if (!grantType) throw new EntraError(900144, "Missing: 'grant_type'.")
    // A web page cannot keep a secret: whoever calls from one may not present a credential.
    if (request.headers.origin !== undefined) throw new EntraError(9002326)

    if (grantType === 'client_credentials') {
      if (!tenant) throw new EntraError(50059)
      return appToken(context, request, form, tenant, version)
    }
    if (grantType !== 'authorization_code' && grantType !== 'refresh_token') {
      throw new EntraError(70003, `Found '${grantType}'.`)
    }
    const home = tenant ?? partner
    readClientId(context, request, form, home)
    await authenticateClient(context, request, form, home, 7000218)
    return grantType === 'authorization_code'
      ? redeemCode(context, form, segment, tenant)
      : refresh(context, form, segment, tenant)
  }

  app.post<TokenPath>('/:tenant/oauth2/v2.0/token', async (request, reply) => {
    return reply.headers(tokenHeaders).send(await token(request, 'v2'))
  })
  app.post<TokenPath>('/:tenant/oauth2/token', async (request, reply) => {
    return reply.headers(tokenHeaders).send(await token(request, 'v1'))
  })
}
