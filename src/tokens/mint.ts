import { ConfidentialClientApplication, LogLevel } from '@azure/msal-node'
import type { Surface } from '../clouds/clouds.ts'
import type { Endpoints } from '../clouds/endpoints.ts'
import { AppError, RemoteError } from '../errors.ts'
import { namedFailure } from '../remote/named-failure.ts'
import type { Remote } from '../remote/types.ts'
import { readAccessToken } from './access-token.ts'
import type { Presented } from './credentials/credential.ts'
import { badAnswer } from './failures.ts'
import { isGuid } from './guid.ts'
import { createMsalNetwork } from './msal-network.ts'
import { Token } from './token.ts'

type MintRequest = {
  tenantId: string
  surface: Surface
  presented: Presented
}

/** Fetches one token from Entra, past every cache. */
export type Mint = (request: MintRequest) => Promise<Token>

/** The token endpoint of a tenant by its cloud's own name: what an assertion is bound to. */
export function tokenAudience(endpoints: Endpoints, tenantId: string): string {
  return `${endpoints.cloud.loginOrigin}/${tenantId}/oauth2/v2.0/token`
}

/**
 * Makes the function that mints app-only tokens. Each exchange gets an MSAL
 * client of its own: making one costs 8 microseconds, while a shared one scans
 * the tokens of all tenants, and remembers throttling where we cannot see it.
 *
 * @returns a function that throws RemoteError for whatever Entra answers badly
 *   and AppError `invalid` for a tenant that is not a GUID
 * @see Microsoft identity platform, "OAuth 2.0 client credentials flow"
 */
export function createMint(options: {
  endpoints: Endpoints
  clientId: string
  remote: Remote
  now: () => Date
  random: () => number
}): Mint {
  const { endpoints, clientId, remote, now, random } = options
  const { cloud } = endpoints

  return async ({ tenantId, surface, presented }) => {
    const resource = cloud.resources[surface]
    if (!resource) throw surfaceMissing(surface, cloud.label)
    // A domain would do for Entra, but then one tenant had two names.
    if (!isGuid(tenantId)) throw new AppError('invalid', 'the tenant is not named by its GUID')

    const network = createMsalNetwork({ endpoints, remote, tenantId })
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
    throw badAnswer('the token answer could not be read', null, named(error))
  }
}

/** What MSAL found, without its message, which may quote the answer. */
function named(error: unknown): string {
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
