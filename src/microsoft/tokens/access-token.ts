import { decodeJwt } from 'jose'
import { z } from 'zod'
import type { Cloud, Surface } from '../clouds/clouds.ts'
import { badToken } from './failures.ts'

/** Entra back-dates and forward-dates within minutes, and clocks differ. */
const skewSeconds = 300

/** App ids that stand in `aud` instead of the resource's URI; the same in every cloud. */
const appIds: Record<Surface, string> = {
  graph: '00000003-0000-0000-c000-000000000000',
  defender: '8ee8fdad-f234-4243-8f3b-15c294843740',
  endpoint: 'fc780465-2017-40d4-a0c5-307022471b92',
}

/** Older names of a resource that its tokens may still carry. */
const otherAudiences: Record<Surface, string[]> = {
  graph: [],
  defender: [],
  endpoint: [
    'https://securitycenter.onmicrosoft.com/windowsatpservice',
    'https://api.securitycenter.windows.com',
  ],
}

const claimsSchema = z.object({
  tid: z.string(),
  aud: z.string(),
  exp: z.number(),
  roles: z.array(z.string()).optional(),
  appid: z.string().optional(),
  azp: z.string().optional(),
})

export type AccessTokenExpectation = {
  cloud: Cloud
  tenantId: string
  surface: Surface
  clientId: string
  now: Date
  requestId?: string | null
}

/**
 * Reads an app-only access token and checks that it is the one that was asked
 * for: tenant, audience, client and time. The signature is the API's to check,
 * and the channel it came through is ours; nothing is authorised by it here.
 *
 * @returns the app roles, none when the claim is missing (Entra leaves it out
 *   when nothing is granted), and the end of its life
 * @throws RemoteError `bad_token` that names the claim
 * @see Microsoft identity platform, "Access token claims reference"
 */
export function readAccessToken(
  jwt: string,
  expected: AccessTokenExpectation,
): { roles: string[]; expiresAt: Date } {
  const { cloud, tenantId, surface, clientId, now, requestId = null } = expected
  const claims = readClaims(jwt, requestId)

  if (claims.tid.toLowerCase() !== tenantId.toLowerCase()) {
    throw badToken('"tid" in the token is not the requested tenant', requestId)
  }
  if (!audiencesOf(cloud, surface).has(withoutTrailingSlash(claims.aud))) {
    throw badToken(`"aud" in the token is not the ${surface} resource`, requestId)
  }
  if ((claims.appid ?? claims.azp)?.toLowerCase() !== clientId.toLowerCase()) {
    throw badToken('the token was issued to another client', requestId)
  }
  if (claims.exp * 1000 + skewSeconds * 1000 <= now.getTime()) {
    throw badToken('the token had expired when it arrived; compare this machine’s clock', requestId)
  }

  return { roles: claims.roles ?? [], expiresAt: new Date(claims.exp * 1000) }
}

function readClaims(jwt: string, requestId: string | null) {
  try {
    return claimsSchema.parse(decodeJwt(jwt))
  } catch {
    // The cause is left out: a parser's message may quote what it could not parse.
    throw badToken('the access token is not a JWT with "tid", "aud" and "exp"', requestId)
  }
}

function audiencesOf(cloud: Cloud, surface: Surface): Set<string> {
  const resource = cloud.resources[surface]
  const all = [appIds[surface], ...otherAudiences[surface], ...(resource ? [resource] : [])]
  return new Set(all.map(withoutTrailingSlash))
}

function withoutTrailingSlash(audience: string): string {
  return audience.toLowerCase().replace(/\/$/, '')
}
