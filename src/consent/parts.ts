import type { Surface } from '../clouds/clouds.ts'
import type { RemoteFailure } from '../errors.ts'
import type { SignIn } from '../tokens/index.ts'

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

/** A token of ours as far as verification looks at it. */
export type AppToken = { tenantId: string; roles: readonly string[]; expiresAt: Date }

/**
 * Mints an app token past every cache and keeps it as the current one.
 *
 * @throws RemoteError, also when `tid`, `aud` or `exp` in the token are not right
 */
export type AcquireFresh = (tenantId: string, surface: Surface) => Promise<AppToken>

/** One small read on a surface with the roles at hand; null when it answered as it should. */
export type Probe = (
  tenantId: string,
  surface: Surface,
  roles: readonly string[],
) => Promise<RemoteFailure | null>

/** Asks for `verifyTenant(tenantId, run)` to be called after a time, by whichever process. */
export type EnqueueVerification = (tenantId: string, run: number, afterSeconds: number) => Promise<void>

/** The admin's own sign-in that proves a consent. */
export type ProofSignIn = Pick<SignIn, 'authorizeUrl' | 'complete'>
