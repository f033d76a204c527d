import type { Audit } from '../audit/audit.ts'
import type { Transaction } from '../audit/store.ts'
import type { Endpoints } from '../microsoft/clouds/endpoints.ts'
import type { RoleKey } from '../microsoft/roles/roles.ts'
import type { SignIn } from '../microsoft/tokens/index.ts'
import type { Database } from '../platform/database/index.ts'
import type { RequestOrigin } from '../tenants/actor.ts'
import type { ConsentOutcome } from './consent-outcome.ts'

/** What discovery tells of a tenant. */
export type ResolvedTenant = {
  tenantId: string
  domain: string | null
  cloud: string
  regionScope: string | null
}

/**
 * Finds a tenant by GUID or domain.
 *
 * @throws AppError `tenant_not_found`, `wrong_cloud`; RemoteError when Entra cannot be asked
 */
export type ResolveTenant = (tenantOrDomain: string) => Promise<ResolvedTenant>

/** Asks for `verifyTenant(tenantId, run)` to be called after a time, by whichever process. */
export type EnqueueVerification = (tenantId: string, run: number, afterSeconds: number) => Promise<void>

/** The admin's own sign-in that proves a consent. */
export type ProofSignIn = Pick<SignIn, 'authorizeUrl' | 'complete'>

/** Where the browser goes next, or how the consent ended. */
export type ConsentStep = { kind: 'redirect'; url: URL } | { kind: 'end'; end: ConsentOutcome }

/** Writes that somebody waits for staff to confirm an open link. @returns what sends it after the transaction */
export type AnnounceConfirming = (
  tx: Transaction,
  news: { invitationId: string; customerName: string; signedIn: string; tenantId: string; at: Date },
) => Promise<() => Promise<void>>

/** What the consent flow depends on; services.ts hands it over. */
export type ConsentDeps = {
  db: Database
  audit: Audit
  /** Installation key. */
  key: Buffer
  endpoints: Endpoints
  clientId: string
  /** Base URL without a slash at its end. */
  publicUrl: string
  /** All that the customer is asked for, the merely welcome ones included: consent is for the complete list. */
  askedRoles: readonly RoleKey[]
  signIn: ProofSignIn
  resolveTenant: ResolveTenant
  enqueueVerification: EnqueueVerification
  /** Tokens of before the consent are of no use any more. */
  dropTokens: (tenantId: string) => void
  announceConfirming: AnnounceConfirming
  /** Where the request under way came from. */
  from?: RequestOrigin
  now: () => Date
}

/** How long the way to Microsoft and back may take. */
export const attemptMs = 60 * 60_000
