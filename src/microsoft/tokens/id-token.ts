import { errors, type JWTPayload, type JWTVerifyResult, jwtVerify } from 'jose'
import { z } from 'zod'
import { AppError } from '../../errors.ts'
import { type Cloud, clouds, issuerV2 } from '../clouds/clouds.ts'
import type { KeySets, SigningKey } from './key-sets.ts'

const skewSeconds = 90

/** Why an ID token was refused; `details.reason` of the error. */
type IdTokenRefusal =
  | 'malformed'
  | 'wrong_algorithm'
  | 'unknown_key'
  | 'wrong_signature'
  | 'wrong_issuer'
  | 'wrong_audience'
  | 'wrong_tenant'
  | 'wrong_nonce'
  | 'expired'
  | 'not_yet_valid'

/** Who signed in. `tenantId` with `objectId` is the stable key; names are for display only. */
export type Identity = {
  tenantId: string
  objectId: string
  username: string | null
  name: string | null
  /** App roles on our registration, none when the claim is missing. */
  roles: string[]
  /** At home in another tenant, or at no Microsoft tenant at all. */
  isGuest: boolean
  /** Template ids of the directory roles held there; null when the registration does not ask for the claim. */
  directoryRoles: string[] | null
  /** The session at Entra, by which a sign-out elsewhere names it. */
  sid: string | null
  loginHint: string | null
  /** When the person last proved to Entra who they are, ISO 8601; null when the token does not say. */
  authenticatedAt: string | null
  /** Authentication contexts that the sign-in satisfied. */
  acrs: string[]
}

export type IdTokenExpectation = {
  cloud: Cloud
  keys: KeySets
  /** GUID of the one tenant whose people may come. */
  tenantId: string
  clientId: string
  nonce: string
  now: Date
}

const claimsSchema = z.object({
  tid: z.guid(),
  oid: z.guid(),
  nonce: z.string(),
  preferred_username: z.string().optional(),
  name: z.string().optional(),
  roles: z.array(z.string()).optional(),
  idp: z.string().optional(),
  wids: z.array(z.string()).optional(),
  sid: z.string().optional(),
  login_hint: z.string().optional(),
  auth_time: z.number().int().min(0).max(1e11).optional(),
  acrs: z.array(z.string()).optional(),
})

/**
 * Verifies an ID token of one tenant: RS256 signature by a key of that tenant,
 * issuer of the cloud itself (also behind a substituted origin), audience,
 * time, nonce and tenant.
 *
 * @throws AppError `unauthenticated` with `details.reason`; RemoteError when the keys cannot be had
 * @see Microsoft identity platform, "ID token claims reference"; OpenID Connect Core 3.1.3.7
 */
export async function verifyIdToken(jwt: string, expected: IdTokenExpectation): Promise<Identity> {
  const { cloud, tenantId, clientId, nonce } = expected
  const { payload } = await verifySignature(jwt, expected)

  // Entra writes one audience. A list would let another client in beside us.
  if (payload.aud !== clientId)
    throw refused('wrong_audience', '"aud" in the ID token is not this application alone')

  const claims = readClaims(payload)
  if (claims.tid.toLowerCase() !== tenantId.toLowerCase() || payload.iss !== issuerV2(cloud, tenantId)) {
    throw refused('wrong_tenant', '"tid" in the ID token is not the expected tenant')
  }
  if (claims.nonce !== nonce)
    throw refused('wrong_nonce', '"nonce" in the ID token is not the one that was sent')

  return {
    tenantId: claims.tid.toLowerCase(),
    objectId: claims.oid.toLowerCase(),
    username: claims.preferred_username ?? null,
    name: claims.name ?? null,
    roles: claims.roles ?? [],
    // The claim is there only when somebody else than this tenant knows the person.
    isGuest: claims.idp !== undefined && !claims.idp.toLowerCase().includes(tenantId.toLowerCase()),
    directoryRoles: claims.wids?.map(role => role.toLowerCase()) ?? null,
    sid: claims.sid ?? null,
    loginHint: claims.login_hint ?? null,
    authenticatedAt: claims.auth_time === undefined ? null : new Date(claims.auth_time * 1000).toISOString(),
    acrs: claims.acrs ?? [],
  }
}

async function verifySignature(jwt: string, expected: IdTokenExpectation): Promise<JWTVerifyResult> {
  const { cloud, keys, tenantId, clientId, now } = expected
  try {
    return await jwtVerify(
      jwt,
      async ({ kid }) => {
        const key = kid ? await keys.find(tenantId, kid) : null
        if (!key || !mayVouchFor(key, tenantId))
          throw refused('unknown_key', 'no key of the tenant signed the ID token')
        return key.key
      },
      {
        algorithms: ['RS256'],
        issuer: issuerV2(cloud, tenantId),
        audience: clientId,
        clockTolerance: skewSeconds,
        currentDate: now,
        requiredClaims: ['exp', 'iat', 'sub', 'tid', 'oid', 'nonce'],
      },
    )
  } catch (error) {
    throw error instanceof errors.JOSEError ? asRefusal(error) : error
  }
}

/**
 * A key may be meant for one tenant only, as the one of personal accounts is.
 * The host is compared with every login host we know: key sets of US
 * Government have been seen to name the commercial one.
 */
function mayVouchFor({ issuer }: SigningKey, tenantId: string): boolean {
  if (issuer === null) return true
  const filled = issuer.replace('{tenantid}', tenantId)
  return Object.values(clouds).some(cloud => issuerV2(cloud, tenantId) === filled)
}

function readClaims(payload: JWTPayload): z.infer<typeof claimsSchema> {
  const claims = claimsSchema.safeParse(payload)
  if (claims.success) return claims.data
  const path = claims.error.issues[0]?.path.join('.') ?? 'claims'
  throw refused('malformed', `"${path}" in the ID token is missing or malformed`)
}

function asRefusal(error: errors.JOSEError): AppError {
  if (error instanceof errors.JWTExpired) return refused('expired', 'the ID token has expired')
  if (error instanceof errors.JOSEAlgNotAllowed)
    return refused('wrong_algorithm', 'the ID token is not signed with RS256')
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return refused('wrong_signature', 'the signature of the ID token is wrong')
  }
  if (error instanceof errors.JWTClaimValidationFailed) return claimRefused(error)
  return refused('malformed', 'the ID token is not a signed JWT')
}

function claimRefused({ claim, reason }: errors.JWTClaimValidationFailed): AppError {
  if (reason === 'missing') return refused('malformed', `"${claim}" is missing in the ID token`)
  if (claim === 'iss')
    return refused('wrong_issuer', '"iss" in the ID token is not the issuer of the expected tenant')
  if (claim === 'aud') return refused('wrong_audience', '"aud" in the ID token is not this application')
  if (claim === 'nbf' || claim === 'iat') return refused('not_yet_valid', 'the ID token is not valid yet')
  return refused('malformed', `"${claim}" in the ID token is malformed`)
}

function refused(reason: IdTokenRefusal, message: string): AppError {
  const isClock = reason === 'expired' || reason === 'not_yet_valid'
  return new AppError('unauthenticated', message, {
    remedy: isClock ? 'Sign in again. If it stays, set this server’s clock.' : 'Sign in again.',
    details: { reason },
  })
}
