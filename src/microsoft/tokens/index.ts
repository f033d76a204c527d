import type { Failure } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { ChooseProxy } from '../../platform/proxy/choose-proxy.ts'
import type { Endpoints } from '../clouds/endpoints.ts'
import type { EndpointsOf } from '../clouds/tenant-endpoints.ts'
import type { Remote } from '../http/types.ts'
import { createTokenCache, type TokenCache } from './cache.ts'
import type { CredentialSettings } from './credentials/credential.ts'
import { type CredentialExpiry, readExpiry } from './credentials/expiry.ts'
import { createCredentials } from './credentials/index.ts'
import type { CredentialRefused } from './credentials/rotation.ts'
import { createMint, type Mint } from './mint.ts'
import { createSignIn, type SignIn } from './sign-in.ts'

export type { CredentialSettings } from './credentials/credential.ts'
export type { CredentialExpiry } from './credentials/expiry.ts'
export type { CredentialRefused } from './credentials/rotation.ts'
export type { Identity } from './id-token.ts'
export type { SignIn } from './sign-in.ts'
export type { Token } from './token.ts'

export type TokensOptions = {
  endpoints: Endpoints
  /** For tenants whose Defender hosts are others; the same for all unless told. */
  endpointsOf?: EndpointsOf
  clientId: string
  /** In the order in which they are tried; two at once for rotation. */
  credentials: CredentialSettings[]
  remote: Remote
  /** For the Azure libraries, which do not go through `remote`; the direct way unless told. */
  chooseProxy?: ChooseProxy
  now?: () => Date
  random?: () => number
  log?: Pick<Log, 'warn'>
  onCredentialRefused?: (refused: CredentialRefused) => void
  /** Tokens held at most, 50,000 unless told. */
  cacheLimit?: number
}

/** Access tokens for customer tenants (`acquire`, `drop`, `rejected`), and the sign-in of people. */
export type Tokens = TokenCache &
  Pick<Mint, 'checkCredentials'> & {
    /** How long each credential lasts, and what is wrong with it. */
    expiry(): Promise<CredentialExpiry[]>
    /** Another process on the same settings was refused with this credential. */
    noteRefusal(credential: string, failure: Failure): void
    signIn: SignIn
  }

/**
 * Builds the token layer of one registration in one cloud.
 *
 * @throws AppError `settings` when there is no credential or a PEM text is unusable
 */
export function createTokens(options: TokensOptions): Tokens {
  const { endpoints, clientId, remote, log, onCredentialRefused, cacheLimit } = options
  const { endpointsOf = async () => endpoints } = options
  const now = options.now ?? (() => new Date())
  const random = options.random ?? Math.random

  const credentials = createCredentials({
    settings: options.credentials,
    cloud: endpoints.cloud,
    clientId,
    remote,
    chooseProxy: options.chooseProxy ?? (() => null),
    now,
    onRefused(refused) {
      log?.warn(refused, 'a credential was refused')
      onCredentialRefused?.(refused)
    },
  })
  const { mint, checkCredentials } = createMint({
    endpoints,
    endpointsOf,
    clientId,
    credentials,
    remote,
    now,
    random,
  })
  const cache = createTokenCache({
    scope: `${endpoints.cloud.name}|${clientId}`,
    mint,
    now,
    random,
    ...(cacheLimit === undefined ? {} : { limit: cacheLimit }),
    onRefreshFailed: news => log?.warn(news, 'a token could not be renewed ahead of its end'),
  })

  return {
    ...cache,
    checkCredentials,
    expiry: () => readExpiry(credentials, now()),
    noteRefusal: credentials.noteRefusal,
    signIn: createSignIn({ endpoints, clientId, credentials, remote, now }),
  }
}
