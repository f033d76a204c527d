import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { CustomerProfile } from '../world.ts'
import { EntraError } from './aadsts.ts'
import type { EntraContext } from './context.ts'

const issuerTemplate = '{tenantid}'
/** Recorded on answers and refusals alike: kept for a day, readable from any origin. */
export const cacheHeaders = { 'cache-control': 'max-age=86400, private', 'access-control-allow-origin': '*' }

type TenantPath = { Params: { tenant: string } }

/**
 * Discovery documents, key documents and instance discovery. A domain in the
 * path is answered with the tenant's GUID in every address.
 *
 * @see OpenID Connect Discovery 1.0 section 4; Microsoft identity platform, "OpenID Connect"
 */
export async function discoveryRoutes(app: FastifyInstance, { context }: { context: EntraContext }) {
  const { directory, hosts, keys } = context

  // `common` and its like have no tenant: their documents hold a template.
  function tenantOf(segment: string): CustomerProfile | undefined {
    return ['common', 'organizations'].includes(segment) ? undefined : directory.resolve(segment)
  }

  function asDiscovery(error: unknown): unknown {
    return error instanceof EntraError && error.code === 90002
      ? new EntraError(90002, error.message.replace('The tenant was not found. ', ''), 'invalid_tenant')
      : error
  }

  function common(request: FastifyRequest<TenantPath>) {
    const { tenant: segment } = request.params
    let tenant: CustomerProfile | undefined
    try {
      tenant = tenantOf(segment)
    } catch (error) {
      throw asDiscovery(error)
    }
    const pathName = tenant?.tenantId ?? segment
    const government = tenant?.regionSubScope === 'DODCON' || tenant?.regionSubScope === 'DOD'
    return {
      base: `${context.loginOrigin(request)}/${pathName}`,
      issuerName: tenant?.tenantId ?? issuerTemplate,
      region: {
        tenant_region_scope: tenant?.regionScope ?? null,
        ...(tenant?.regionSubScope && { tenant_region_sub_scope: tenant.regionSubScope }),
        cloud_instance_name: government ? 'microsoftonline.us' : hosts.cloudInstanceName,
        cloud_graph_host_name: 'graph.windows.net',
        msgraph_host: new URL(hosts.surfaces.graph).host,
        rbac_url: 'https://pas.windows.net',
      },
    }
  }

  const shared = {
    token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt', 'client_secret_basic'],
    response_modes_supported: ['query', 'fragment', 'form_post'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
    http_logout_supported: true,
    frontchannel_logout_supported: true,
  }

  app.get<TenantPath>('/:tenant/v2.0/.well-known/openid-configuration', async (request, reply) => {
    const { base, issuerName, region } = common(request)
    return reply.headers(cacheHeaders).send({
      token_endpoint: `${base}/oauth2/v2.0/token`,
      ...shared,
      jwks_uri: `${base}/discovery/v2.0/keys`,
      response_types_supported: ['code', 'id_token', 'code id_token', 'id_token token'],
      scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
      issuer: `${hosts.login}/${issuerName}/v2.0`,
      request_uri_parameter_supported: false,
      userinfo_endpoint: `${hosts.surfaces.graph}/oidc/userinfo`,
      authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
      device_authorization_endpoint: `${base}/oauth2/v2.0/devicecode`,
      end_session_endpoint: `${base}/oauth2/v2.0/logout`,
      claims_supported: [
        'sub',
        'iss',
        'cloud_instance_name',
        'aud',
        'exp',
        'iat',
        'auth_time',
        'nonce',
        'preferred_username',
        'name',
        'tid',
        'ver',
        'email',
      ],
      kerberos_endpoint: `${base}/kerberos`,
      ...region,
    })
  })

  app.get<TenantPath>('/:tenant/.well-known/openid-configuration', async (request, reply) => {
    const { base, issuerName, region } = common(request)
    return reply.headers(cacheHeaders).send({
      token_endpoint: `${base}/oauth2/token`,
      ...shared,
      jwks_uri: `${context.loginOrigin(request)}/common/discovery/keys`,
      response_types_supported: ['code', 'id_token', 'code id_token', 'token id_token', 'token'],
      scopes_supported: ['openid'],
      issuer: `${hosts.v1Issuer}/${issuerName}/`,
      microsoft_multi_refresh_token: true,
      authorization_endpoint: `${base}/oauth2/authorize`,
      device_authorization_endpoint: `${base}/oauth2/devicecode`,
      end_session_endpoint: `${base}/oauth2/logout`,
      check_session_iframe: `${base}/oauth2/checksession`,
      userinfo_endpoint: `${base}/openid/userinfo`,
      claims_supported: [
        'sub',
        'iss',
        'aud',
        'exp',
        'iat',
        'auth_time',
        'nonce',
        'upn',
        'name',
        'tid',
        'ver',
      ],
      ...region,
    })
  })

  app.get<TenantPath>('/:tenant/discovery/v2.0/keys', async (request, reply) => {
    const tenant = tenantOf(request.params.tenant)
    const issuer = `${hosts.login}/${tenant?.tenantId ?? issuerTemplate}/v2.0`
    return reply.headers(cacheHeaders).send({ keys: keys.published(issuer, hosts.cloudInstanceName) })
  })

  app.get<TenantPath>('/:tenant/discovery/keys', async (request, reply) => {
    const tenant = tenantOf(request.params.tenant)
    const issuer = `${hosts.v1Issuer}/${tenant?.tenantId ?? issuerTemplate}/`
    return reply.headers(cacheHeaders).send({ keys: keys.published(issuer, hosts.cloudInstanceName) })
  })

  app.get<{ Querystring: { authorization_endpoint?: string } }>(
    '/common/discovery/instance',
    async request => {
      const endpoint = request.query.authorization_endpoint ?? ''
      if (!URL.canParse(endpoint)) throw new EntraError(900144, "Found no 'authorization_endpoint'.")
      const aliases =
        hosts.cloudInstanceName === 'microsoftonline.us'
          ? ['login.microsoftonline.us', 'login.usgovcloudapi.net']
          : ['login.microsoftonline.com', 'login.windows.net', 'login.microsoft.com', 'sts.windows.net']
      const own = new URL(context.loginOrigin(request)).host
      if (![...aliases, own].includes(new URL(endpoint).host)) throw new EntraError(50049)
      const [network = own, cache = network] = aliases
      return {
        tenant_discovery_endpoint: endpoint.replace(
          /\/oauth2\/.*$/,
          '/v2.0/.well-known/openid-configuration',
        ),
        'api-version': '1.1',
        metadata: [{ preferred_network: network, preferred_cache: cache, aliases }],
      }
    },
  )
}
