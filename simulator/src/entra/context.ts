import type { FastifyRequest } from 'fastify'
import type { Hosts } from '../hosts.ts'
import type { CustomerProfile, Person, World } from '../world.ts'
import { EntraError } from './aadsts.ts'
import type { Directory } from './directory.ts'
import type { SigningKeys } from './keys.ts'
import { partner } from './partner.ts'
import type { Registration } from './registration.ts'
import type { Sessions } from './sessions.ts'
import type { Tickets } from './tickets.ts'

/** How the next admin consent ends, whatever the person presses. */
export const consentOutcomes = [
  'decline-v1',
  'decline-v2',
  'decline-access-denied',
  'decline-without-description',
  'ca-error',
  '650051',
  '650052',
  '90033',
  '90094',
  '500113-after-grant',
  'no-answer',
  'wrong-tenant',
] as const
/** One of those, or a refusal with any AADSTS number. */
export type ConsentOutcome = (typeof consentOutcomes)[number] | { aadsts: number; error?: string | undefined }

/** What a person's sign-in is good for, until the code is redeemed. */
export type SignedIn = {
  /** the tenant that issues the tokens */
  tenant: CustomerProfile
  person: Person
  sid: string
  /** When the person gave proof of who they are, seconds of Unix time. */
  authTime: number
  /** Authentication contexts that this satisfied. */
  acrs: string[]
}

type CodeGrant = SignedIn & {
  redirectUri: string
  scopes: string[]
  nonce: string | undefined
  challenge: { method: 'S256' | 'plain'; value: string } | undefined
}

export type RefreshGrant = SignedIn & { scopes: string[] }

/** How access tokens are made out; unset, as Entra does it. */
export type TokenOptions = { lifetimeSeconds?: number; refreshInSeconds?: number }

/** Everything the routes of Entra work with. */
export type EntraContext = {
  world: World
  hosts: Hosts
  directory: Directory
  registration: Registration
  keys: SigningKeys
  sessions: Sessions
  codes: Tickets<CodeGrant>
  refreshTokens: Tickets<RefreshGrant>
  tokenOptions: TokenOptions
  /** the origin of endpoints in discovery documents: the cloud's own, or the simulator's */
  loginOrigin(request: FastifyRequest): string
  /** takes the outcome that was set for the next consent in this tenant, if one was */
  takeConsentOutcome(tenantId: string): ConsentOutcome | undefined
  /** takes the refusal that was set for the next sign-in to this tenant, or to any, if one was */
  takeSignInRefusal(tenantId: string): EntraError | undefined
}

/** Parameters of a page's address, together with those of a posted form. */
export function readParams(request: FastifyRequest): URLSearchParams {
  const params = new URL(request.url, 'http://simulator').searchParams
  if (typeof request.body === 'object' && request.body !== null) {
    for (const [name, value] of Object.entries(request.body)) {
      if (typeof value === 'string') params.set(name, value)
    }
  }
  return params
}

/**
 * The refusal of a tenant that Microsoft has blocked: it was not used for half a year, or fraud is suspected.
 *
 * @param error the OAuth error, which differs by endpoint
 * @see Microsoft Entra, "Tenant inaccessible due to inactivity"
 */
export function blockOf(
  { directory }: EntraContext,
  { tenantId }: CustomerProfile,
  error: string,
): EntraError | null {
  const { blocked } = directory.record(tenantId)
  return blocked ? new EntraError(blocked === 'inactivity' ? 5000225 : 5000224, undefined, error) : null
}

/** A parameter that was sent and is not empty. */
export function given(params: URLSearchParams, name: string): string | undefined {
  return params.get(name) || undefined
}

/** The authority of personal accounts, by its name and by the GUID that stands for it. */
export const personalNames = ['consumers', '9188040d-6c67-4c5b-b112-36a304b66dad']
export const multiTenantNames = ['common', 'organizations', ...personalNames]

/**
 * Each national cloud serves its own tenants only (GCC lives in the global one).
 *
 * @param code the AADSTS number of this refusal, which differs by endpoint
 */
export function checkCloud({ hosts }: EntraContext, tenant: CustomerProfile, code: 90038 | 900382): void {
  const isGovernment = tenant.regionSubScope === 'DODCON' || tenant.regionSubScope === 'DOD'
  const isGovernmentCloud = hosts.cloudInstanceName === 'microsoftonline.us'
  if (isGovernment !== isGovernmentCloud && tenant !== partner) {
    throw new EntraError(code, `Tenant '${tenant.tenantId}'.`)
  }
}
