import type { TokenCredential } from '@azure/identity'
import { RemoteError } from '../../errors.ts'
import { namedFailure } from '../../remote/named-failure.ts'

/** How long a secret or certificate read from a vault is believed. */
export const vaultMaxAgeMs = 60 * 60 * 1000

/** Each try is short: whoever asks for a token is waiting. */
export const azureRetries = { maxRetries: 2, retryDelayInMs: 300, maxRetryDelayInMs: 2_000 }

/**
 * What proves to Azure who this process is: a managed identity, a workload
 * identity, or what the AZURE_ variables name. Loaded on first use because the
 * library alone takes longer to load than the rest of the start.
 */
export function ambientIdentity(): TokenCredential {
  let credential: Promise<TokenCredential> | null = null
  return {
    async getToken(scopes, options) {
      credential ??= import('@azure/identity').then(azure => new azure.DefaultAzureCredential())
      return (await credential).getToken(scopes, options)
    },
  }
}

/** Longer than the libraries' own retries should take; on a machine outside Azure they may take minutes. */
const patienceMs = 10_000

/** @throws Error named `TimeoutError` */
export async function inTime<T>(task: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new DOMException('no answer in time', 'TimeoutError')), patienceMs)
  try {
    return await Promise.race([task, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Options of a vault client. Plain http is for loopback, where no vault's name can stand in the host. */
export function vaultClientOptions(vaultUrl: string) {
  const isPlain = new URL(vaultUrl).protocol === 'http:'
  return {
    retryOptions: azureRetries,
    ...(isPlain ? { allowInsecureConnection: true, disableChallengeResourceVerification: true } : {}),
  }
}

/** What the Azure libraries throw, as far as we read it. */
type AzureError = { name?: string; code?: unknown; statusCode?: unknown }

const identityErrors = new Set([
  'CredentialUnavailableError',
  'AggregateAuthenticationError',
  'AuthenticationError',
  'AuthenticationRequiredError',
])

/**
 * Names what an Azure library threw. Nothing of its message is kept: it may
 * quote the answer.
 *
 * @param what the thing that was wanted, e.g. `The secret "x" in the key vault`
 */
export function azureFailure(
  service: 'key-vault' | 'managed-identity',
  what: string,
  error: unknown,
): RemoteError {
  if (error instanceof RemoteError) return error

  const { name = '', code, statusCode } = (error ?? {}) as AzureError
  const status = typeof statusCode === 'number' ? statusCode : null
  const facts = { service, status, serviceCode: typeof code === 'string' ? code : name || null }

  if (name === 'TimeoutError' && service === 'key-vault') {
    return new RemoteError(namedFailure('timeout', { ...facts, message: `${what} did not answer in time.` }))
  }
  if (identityErrors.has(name) || service === 'managed-identity') {
    const message = `${what} could not be used: this machine has no Azure identity that answers.`
    return new RemoteError(namedFailure('identity_missing', { ...facts, message }))
  }
  if (status === 401 || status === 403) return new RemoteError(namedFailure('vault_denied', facts))
  if (status === 404) {
    return new RemoteError(
      namedFailure('vault_item_missing', { ...facts, message: `${what} does not exist.` }),
    )
  }
  if (status === 429) return new RemoteError(namedFailure('throttled', facts))
  if (status !== null) return new RemoteError(namedFailure('unavailable', facts))
  const message = `${what} could not be reached.`
  return new RemoteError(namedFailure(name === 'RestError' ? 'network' : 'bad_answer', { ...facts, message }))
}
