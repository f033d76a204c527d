import { ConfidentialClientApplication, LogLevel } from '@azure/msal-node'
import { AppError, RemoteError } from '../../errors.ts'
import { isGuid } from '../../platform/guid.ts'
import type { Surface } from '../clouds/clouds.ts'
import type { Endpoints } from '../clouds/endpoints.ts'
import type { EndpointsOf } from '../clouds/tenant-endpoints.ts'
import { namedFailure } from '../failures/named-failure.ts'
import type { Remote } from '../http/types.ts'
import { readAccessToken } from './access-token.ts'
import type { Presented } from './credentials/credential.ts'
import type { CredentialCheck, Credentials } from './credentials/rotation.ts'
import { badAnswer } from './failures.ts'
import { createMsalNetwork } from './msal-network.ts'
import { Token } from './token.ts'

/** Fetches tokens from Entra, past every cache, with a credential that Entra takes. */
export type Mint = {
  /**
   * @throws RemoteError for whatever Entra answers badly, AppError `invalid` for a tenant that is not a GUID
   */
  mint(tenantId: string, surface: Surface): Promise<Token>
  /** Tries every credential by a real token for the given tenant. */
  checkCredentials(tenantId: string, surface: Surface): Promise<CredentialCheck[]>
}

/** The token endpoint of a tenant by its cloud's own name: what an assertion is bound to. */
export function tokenAudience(endpoints: Endpoints, tenantId: string): string {
  return `${endpoints.cloud.loginOrigin}/${tenantId}/oauth2/v2.0/token`
}

/**
 * Mints app-only tokens. Each exchange gets an MSAL client of its own: making
 * one costs 8 microseconds, while a shared one scans the tokens of all tenants,
 * and remembers throttling where we cannot see it.
 *
 * @see Microsoft identity platform, "OAuth 2.0 client credentials flow"
 */
export function createMint(options: {
  endpoints: Endpoints
  endpointsOf: EndpointsOf
  clientId: string
  credentials: Credentials
  remote: Remote
  now: () => Date
  random: () => number
}): Mint {
  const { endpoints, endpointsOf, clientId, credentials, remote, now, random } = options

  async function exchange(tenantId: string, surface: Surface, presented: Presented): Promise<Token> {
    const { cloud } = await endpointsOf(tenantId, surface)
    const resource = cloud.resources[surface]
    if (!resource) throw surfaceMissing(surface, cloud.label)
    // A domain would do for Entra, but then one tenant had two names.
    if (!isGuid(tenantId)) throw new AppError('invalid', 'the tenant is not named by its GUID')

    const network = createMsalNetwork(call =>
      remote.call({
        ...call,
        service: 'entra',
        tenantId,
        url: endpoints.substitute(call.url),
        quota: 'entra-token',
      }),
    )
    const client = new ConfidentialClientApplication({
      auth: { clientId, authority: `${cloud.loginOrigin}/${tenantId}`, ...asMsalCredential(presented) },
      system: {
        networkClient: network.module,
        disableInternalRetries: true,
        loggerOptions: {
          logLevel: LogLevel.Error,
          piiLoggingEnabled: false,
          loggerCallback: () => undefined,
        },
      },
    })

    const askedAt = now()
    const value = await acquire(client, resource, network.failure)
    const { expiresInSeconds = 0, refreshInSeconds = null, requestId = null } = network.seen() ?? {}
    const { roles } = readAccessToken(value, { cloud, tenantId, surface, clientId, now: now(), requestId })

    return new Token(value, {
      tenantId: tenantId.toLowerCase(),
      surface,
      roles,
      // By Entra's count of seconds and our clock: "exp" is by Entra's clock.
      expiresAt: new Date(askedAt.getTime() + expiresInSeconds * 1000),
      refreshAt: planRefresh(askedAt, expiresInSeconds, refreshInSeconds, random),
    })
  }

  return {
    mint: (tenantId, surface) =>
      credentials.use(tokenAudience(endpoints, tenantId), presented =>
        exchange(tenantId, surface, presented),
      ),
    checkCredentials: (tenantId, surface) =>
      credentials.check(tokenAudience(endpoints, tenantId), presented =>
        exchange(tenantId, surface, presented),
      ),
  }
}

async function acquire(client: ConfidentialClientApplication, resource: string, failure: () => unknown) {
  try {
    const result = await client.acquireTokenByClientCredential({
      scopes: [`${resource}/.default`],
      skipCache: true,
      // An MSAL_FORCE_REGION in the environment would lead to AADSTS100007.
      azureRegion: 'DisableMsalForceRegion',
    })
    if (!result?.accessToken) throw badAnswer('the token answer holds no token')
    return result.accessToken
  } catch (error) {
    if (failure()) throw failure()
    if (error instanceof RemoteError) throw error
    throw badAnswer('the token answer could not be read', null, { serviceCode: msalCode(error) })
  }
}

/** What MSAL calls it, without its message, which may quote the answer. */
function msalCode(error: unknown): string {
  const { errorCode } = (error ?? {}) as { errorCode?: unknown }
  return typeof errorCode === 'string' ? `MSAL ${errorCode}` : 'MSAL'
}

function asMsalCredential(presented: Presented) {
  if (presented.kind === 'secret') return { clientSecret: presented.secret }
  const { assertion } = presented
  return { clientAssertion: async () => assertion }
}

/**
 * Five to ten minutes before the end, or a quarter of a short life, spread so
 * that thousands of tokens fetched together are not renewed together. Entra's
 * own wish comes first.
 */
function planRefresh(
  askedAt: Date,
  lifeSeconds: number,
  wishSeconds: number | null,
  random: () => number,
): Date {
  const margin = Math.min(300 + 300 * random(), lifeSeconds / 4)
  const after = wishSeconds === null ? lifeSeconds - margin : Math.min(wishSeconds, lifeSeconds)
  return new Date(askedAt.getTime() + after * 1000)
}

function surfaceMissing(surface: Surface, cloud: string): RemoteError {
  return new RemoteError(
    namedFailure('not_in_cloud', { service: surface, message: `${cloud} does not offer this API.` }),
  )
}
