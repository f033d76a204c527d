import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose'
import type { CustomerProfile } from '../world.ts'
import { EntraError } from './aadsts.ts'
import type { EntraContext } from './context.ts'

function decode(assertion: string): { header: Record<string, unknown>; claims: JWTPayload } {
  try {
    return { header: decodeProtectedHeader(assertion), claims: decodeJwt(assertion) }
  } catch {
    throw new EntraError(50027, 'The assertion cannot be read.')
  }
}

// Five minutes are forgiven on either side, as Entra does for clocks that differ.
const clockToleranceSeconds = 300

function checkTimes(claims: JWTPayload, now: Date): void {
  const seconds = now.getTime() / 1000
  if (claims.exp === undefined) throw new EntraError(50027, "The assertion has no 'exp'.")
  const isLate = claims.exp + clockToleranceSeconds < seconds
  const isEarly = claims.nbf !== undefined && claims.nbf - clockToleranceSeconds > seconds
  if (isLate || isEarly) throw new EntraError(700024, `Current time: ${now.toISOString()}.`)
}

function audiences(claims: JWTPayload): string[] {
  return claims.aud === undefined ? [] : [claims.aud].flat()
}

/** Addresses of the token endpoint that an assertion may be made out to. */
function acceptedAudiences(context: EntraContext, tenant: CustomerProfile, loginOrigin: string): string[] {
  const names = [tenant.tenantId, tenant.domain, tenant.initialDomain]
  return [context.hosts.login, loginOrigin].flatMap(origin =>
    names.flatMap(name => [`${origin}/${name}/oauth2/v2.0/token`, `${origin}/${name}/oauth2/token`]),
  )
}

/** PS256 names the certificate by SHA-256; the older RS256 form by SHA-1. */
function readThumbprint(header: Record<string, unknown>): { sha1?: string; sha256?: string } {
  const sha256 = header['x5t#S256']
  if (header.alg === 'PS256' || header.alg === 'RS256') {
    if (typeof sha256 === 'string') return { sha256 }
    if (header.alg === 'RS256' && typeof header.x5t === 'string') return { sha1: header.x5t }
    throw new EntraError(700027, 'The assertion names no certificate.')
  }
  throw new EntraError(50027, `The algorithm '${String(header.alg)}' is not accepted.`)
}

async function checkCertificateAssertion(
  context: EntraContext,
  assertion: string,
  tenant: CustomerProfile,
  loginOrigin: string,
): Promise<void> {
  const { registration, world } = context
  const { header, claims } = decode(assertion)
  const registered = registration.certificate(readThumbprint(header))
  if (!registered || registered.expiresAt <= world.now().getTime()) {
    throw new EntraError(700027, 'The key was not found by its thumbprint, or the certificate has expired.')
  }
  checkTimes(claims, world.now())
  try {
    await jwtVerify(assertion, registered.certificate.publicKey, {
      currentDate: world.now(),
      clockTolerance: clockToleranceSeconds,
    })
  } catch (error) {
    if (error instanceof errors.JOSEError) throw new EntraError(700027)
    throw error
  }
  if (claims.sub !== claims.iss) throw new EntraError(50048)
  if (claims.iss !== registration.clientId) throw new EntraError(700021)
  const accepted = acceptedAudiences(context, tenant, loginOrigin)
  if (!audiences(claims).some(audience => accepted.includes(audience))) {
    throw new EntraError(50013, `Found '${audiences(claims).join(' ')}'.`)
  }
}

/** A token of another issuer that the registration trusts, such as a managed identity's. */
async function checkFederatedAssertion(context: EntraContext, assertion: string): Promise<void> {
  const { hosts, keys, registration, world } = context
  const { claims } = decode(assertion)
  const byIssuer = registration.federatedCredentials.filter(({ issuer }) => issuer === claims.iss)
  if (byIssuer.length === 0) throw new EntraError(700211, `Issuer: '${claims.iss ?? ''}'.`)
  const bySubject = byIssuer.filter(({ subject }) => subject === claims.sub)
  if (bySubject.length === 0) throw new EntraError(700213, `Subject: '${claims.sub ?? ''}'.`)
  const match = bySubject.find(({ audience }) => audiences(claims).includes(audience))
  if (!match) throw new EntraError(700212, `Audience: '${audiences(claims).join(' ')}'.`)
  if ('scp' in claims || claims.idtyp === 'user') throw new EntraError(700229)
  checkTimes(claims, world.now())

  const jwks = match.keys ?? keys.published(match.issuer, hosts.cloudInstanceName)
  try {
    await jwtVerify(assertion, createLocalJWKSet({ keys: jwks.map(key => ({ kty: 'RSA', ...key })) }), {
      currentDate: world.now(),
      clockTolerance: clockToleranceSeconds,
    })
  } catch (error) {
    if (error instanceof errors.JOSEError) throw new EntraError(700027)
    throw error
  }
}

/**
 * Checks a `client_assertion`: signed by a registered certificate when the app
 * issued it to itself, else by an issuer of a federated credential.
 *
 * @throws EntraError that says what is wrong with it
 * @see RFC 7523 section 3; Microsoft identity platform, "Certificate credentials"
 */
export async function checkClientAssertion(
  context: EntraContext,
  assertion: string,
  tenant: CustomerProfile,
  loginOrigin: string,
): Promise<void> {
  const { header, claims } = decode(assertion)
  // Tokens of Entra, such as a managed identity's, carry x5t too, but always beside kid.
  const namesCertificate = 'x5t' in header && !('kid' in header)
  const isOwn = claims.iss === context.registration.clientId || 'x5t#S256' in header || namesCertificate
  if (isOwn) return checkCertificateAssertion(context, assertion, tenant, loginOrigin)
  return checkFederatedAssertion(context, assertion)
}
