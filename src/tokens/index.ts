import type { Surface } from '../clouds/clouds.ts'
import type { Endpoints } from '../clouds/endpoints.ts'
import { AppError, type RemoteFailure } from '../errors.ts'
import type { Remote } from '../remote/types.ts'
import { type AcquireOptions, createTokenCache, type TokenCacheStats } from './cache.ts'
import type { CredentialSettings } from './credentials/credential.ts'
import { type CredentialExpiry, readExpiry } from './credentials/expiry.ts'
import { createCredentials } from './credentials/index.ts'
import type { CredentialCheck, CredentialRefused } from './credentials/rotation.ts'
import { createMint, tokenAudience } from './mint.ts'
import { createSignIn, type SignIn } from './sign-in.ts'
import type { Token } from './token.ts'

export type { CredentialSettings } from './credentials/credential.ts'
export type { CredentialExpiry } from './credentials/expiry.ts'
export type { CredentialRefused } from './credentials/rotation.ts'
export type { Identity } from './id-token.ts'
export type { SignIn } from './sign-in.ts'
export type { Token } from './token.ts'

/** Where a line about tokens goes; pino fits. */
type TokenLog = { warn(facts: object, message: string): void }

export type TokensOptions = {
  endpoints: Endpoints
  clientId: string
  /** In the order in which they are tried; two at once for rotation. */
  credentials: CredentialSettings[]
  remote: Remote
  partnerTenantId?: string | null
  now?: () => Date
  random?: () => number
  log?: TokenLog
  onCredentialRefused?: (refused: CredentialRefused) => void
  /** Tokens held at most, 50,000 unless told. */
  cacheLimit?: number
}

/** Access tokens for customer tenants, and the sign-in of people. */
export type Tokens = {
  /**
   * A valid token of our application for a surface in a tenant.
   *
   * @param tenantId GUID
   * @throws RemoteError that says why there is none and whose move it is
   */
  acquire(tenantId: string, surface: Surface, options?: AcquireOptions): Promise<Token>
  /** The same for the partner's own tenant; throws AppError `settings` when none is configured. */
  tokenForPartner(surface: Surface, options?: AcquireOptions): Promise<Token>
  /** Forgets a tenant's tokens, of one surface or all: consent changed, or the tenant left. */
  drop(tenantId: string, surface?: Surface): void
  /** An API answered 401 to this token. */
  rejected(token: Token): void
  dropAll(): void
  stats(): TokenCacheStats
  /** How long each credential lasts, and what is wrong with it. */
  expiry(): Promise<CredentialExpiry[]>
  /** Another process on the same settings was refused with this credential. */
  noteRefusal(credential: string, failure: RemoteFailure): void
  /** Tries every credential by a real token for the given tenant. */
  checkCredentials(tenantId: string, surface: Surface): Promise<CredentialCheck[]>
  signIn: SignIn
}

/**
 * Builds the token layer of one registration in one cloud.
 *
 * @throws AppError `settings` when there is no credential or a PEM text is unusable
 */
export function createTokens(options: TokensOptions): Tokens {
  const { endpoints, clientId, remote, log, onCredentialRefused, cacheLimit, partnerTenantId } = options
  const now = options.now ?? (() => new Date())
  const random = options.random ?? Math.random

  const credentials = createCredentials({
    settings: options.credentials,
    cloud: endpoints.cloud,
    clientId,
    remote,
    now,
    onRefused(refused) {
      log?.warn(refused, 'a credential was refused')
      onCredentialRefused?.(refused)
    },
  })
  const mint = createMint({ endpoints, clientId, remote, now, random })
  const cache = createTokenCache({
    scope: `${endpoints.cloud.name}|${clientId}`,
    mint: (tenantId, surface) =>
      credentials.use(tokenAudience(endpoints, tenantId), presented =>
        mint({ tenantId, surface, presented }),
      ),
    now,
    random,
    ...(cacheLimit === undefined ? {} : { limit: cacheLimit }),
    onRefreshFailed(tenantId, surface, failure: RemoteFailure) {
      log?.warn({ tenantId, surface, failure }, 'a token could not be renewed ahead of its end')
    },
  })

  return {
    acquire: cache.acquire,
    async tokenForPartner(surface, wish) {
      if (!partnerTenantId) throw partnerUnknown()
      return cache.acquire(partnerTenantId, surface, wish)
    },
    drop: cache.drop,
    rejected: cache.rejected,
    dropAll: cache.dropAll,
    stats: cache.stats,
    expiry: () => readExpiry(credentials, now()),
    noteRefusal: credentials.noteRefusal,
    checkCredentials: (tenantId, surface) =>
      credentials.check(tokenAudience(endpoints, tenantId), presented =>
        mint({ tenantId, surface, presented }),
      ),
    signIn: createSignIn({ endpoints, clientId, credentials, remote, now }),
  }
}

function partnerUnknown(): AppError {
  return new AppError('settings', 'the partner’s own tenant is not configured', {
    remedy: 'Set TENANTRY_PARTNER_TENANT_ID.',
  })
}
