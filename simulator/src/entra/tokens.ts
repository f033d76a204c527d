import { createHash, randomBytes, randomInt } from 'node:crypto'
import { resourceAppIds } from '../hosts.ts'
import type { CustomerProfile, DirectoryRole, Surface } from '../world.ts'
import type { EntraContext, SignedIn } from './context.ts'

/** The default user role: in the `wids` of every member, administrator or not. */
const defaultUserRole = 'b79fbf4d-3ef9-4689-8143-76b194e85509'

/** Template ids of directory roles, as the `wids` claim lists them. */
const directoryRoleIds: Record<DirectoryRole, string> = {
  'Global Administrator': '62e90394-69f5-4237-9190-012177145e10',
  'Privileged Role Administrator': 'e8611ab8-c189-46e8-94e1-60213ab1f814',
  'Cloud Application Administrator': '158c047a-c907-4556-b7ef-446551a6b5f7',
  'Application Administrator': '9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3',
  'Security Administrator': '194ae4cb-b126-40b2-bd5b-6091b380977d',
  'Security Reader': '5d6b6bb7-de71-4623-b4af-96380a352509',
}
// Entra backdates `iat` and `nbf` by five minutes against clock differences.
const backdateSeconds = 300

function opaque(): { uti: string; rh: string; aio: string } {
  return {
    uti: randomBytes(16).toString('base64url'),
    rh: `1.A${randomBytes(30).toString('base64url')}.`,
    aio: randomBytes(36).toString('base64url'),
  }
}

function times(now: Date, lifetimeSeconds: number) {
  const seconds = Math.floor(now.getTime() / 1000)
  return { iat: seconds - backdateSeconds, nbf: seconds - backdateSeconds, exp: seconds + lifetimeSeconds }
}

/** Entra spreads lifetimes over 60 to 90 minutes. */
function randomLifetime(): number {
  return randomInt(3600, 5401) - 1
}

export type IssuedToken = { token: string; expiresIn: number }

type AppTokenRequest = {
  tenant: CustomerProfile
  surface: Surface
  /** the resource exactly as it was asked for: it becomes `aud` */
  resource: string
  provedBy: 'secret' | 'assertion'
}

/**
 * An app-only token in the v1 format that Graph and the Defender APIs use. Nobody
 * needs a permission to get one: without granted roles, `roles` is missing.
 *
 * @see Microsoft identity platform, "Access token claims reference"
 */
export function issueAppToken(context: EntraContext, request: AppTokenRequest): IssuedToken {
  const { directory, hosts, keys, registration, tokenOptions, world } = context
  const { tenant, surface, resource } = request
  const expiresIn = tokenOptions.lifetimeSeconds ?? randomLifetime()
  const issuer = `${hosts.v1Issuer}/${tenant.tenantId}/`
  const principalId = directory.principalId(tenant.tenantId)
  const roles = directory.roles(tenant.tenantId, surface)

  const claims = {
    aud: resource,
    iss: issuer,
    // Seen on real ones: `expires_in` is a second less than what the claims say.
    ...times(world.now(), expiresIn + 1),
    ...opaque(),
    app_displayname: registration.appName,
    appid: registration.clientId,
    appidacr: request.provedBy === 'secret' ? '1' : '2',
    idp: issuer,
    ...(surface === 'graph' && { idtyp: 'app' }),
    oid: principalId,
    ...(roles.length > 0 && { roles }),
    sub: principalId,
    ...(surface === 'graph' && {
      tenant_region_scope: tenant.regionScope,
      wids: ['0997a1d0-0d1d-4acb-b408-d5ca73121e90'],
    }),
    tid: tenant.tenantId,
    ver: '1.0',
  }
  return { token: keys.sign(claims, 'v1'), expiresIn }
}

/** A person's token for Graph, which comes along with a sign-in. */
export function issueUserToken(
  context: EntraContext,
  { tenant, person }: SignedIn,
  scopes: string[],
): IssuedToken {
  const { hosts, keys, registration, world } = context
  const expiresIn = randomLifetime()
  const issuer = `${hosts.v1Issuer}/${tenant.tenantId}/`
  const claims = {
    aud: resourceAppIds.graph,
    iss: issuer,
    ...times(world.now(), expiresIn),
    ...opaque(),
    app_displayname: registration.appName,
    appid: registration.clientId,
    appidacr: '1',
    idtyp: 'user',
    name: person.displayName,
    oid: person.objectId,
    scp: scopes.filter(scope => scope !== 'offline_access').join(' '),
    sub: pairwiseSubject(registration.clientId, person.objectId),
    tid: tenant.tenantId,
    upn: person.username,
    ver: '1.0',
  }
  return { token: keys.sign(claims, 'v1'), expiresIn }
}

function pairwiseSubject(clientId: string, objectId: string): string {
  return createHash('sha256').update(`${clientId}|${objectId}`).digest('base64url')
}

/** Opaque to clients; sending it back as `logout_hint` signs this account out without asking. */
export function loginHint(username: string): string {
  return `O.${Buffer.from(username).toString('base64url')}`
}

/**
 * A v2 ID token. `roles` holds the app roles of our registration and exists only
 * in its home tenant; `idp` exists only for guests.
 *
 * @see Microsoft identity platform, "ID token claims reference"
 */
export function issueIdToken(
  context: EntraContext,
  signedIn: SignedIn,
  { scopes, nonce }: { scopes: string[]; nonce: string | undefined },
): string {
  const { directory, hosts, keys, registration, world } = context
  const { tenant, person, sid, authTime, acrs } = signedIn
  const home = directory.find(person.username.slice(person.username.lastIndexOf('@') + 1))
  const isGuest = home !== undefined && home.tenantId !== tenant.tenantId
  const held = person.directoryRoles.map(role => directoryRoleIds[role])
  const wids = isGuest ? held : [...held, defaultUserRole]

  const claims = {
    aud: registration.clientId,
    iss: `${hosts.login}/${tenant.tenantId}/v2.0`,
    ...times(world.now(), 3600),
    ...opaque(),
    ...(acrs.length > 0 && { acrs }),
    ...(registration.emitsAuthTime && { auth_time: authTime }),
    ...(isGuest && { idp: `${hosts.v1Issuer}/${home.tenantId}/` }),
    ...(scopes.includes('email') && { email: person.username }),
    ...(scopes.includes('profile') && {
      login_hint: loginHint(person.username),
      name: person.displayName,
      oid: person.objectId,
      preferred_username: person.username,
      tid: tenant.tenantId,
    }),
    ...(nonce !== undefined && { nonce }),
    ...(person.appRoles?.length && { roles: person.appRoles }),
    sid,
    sub: pairwiseSubject(registration.clientId, person.objectId),
    ver: '2.0',
    ...(registration.emitsDirectoryRoles && wids.length > 0 && { wids }),
  }
  return keys.sign(claims, 'v2')
}
