import type { TokenCredential } from '@azure/identity'
import { RemoteError, type RemoteService } from '../../errors.ts'
import { tokenFailure } from '../failures.ts'

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

/** Options of a vault client. Plain http is for loopback, where no vault's name can stand in the host. */
export function vaultClientOptions(vaultUrl: string) {
  const isPlain = new URL(vaultUrl).protocol === 'http:'
  return {
    retryOptions: azureRetries,
    ...(isPlain ? { allowInsecureConnection: true, disableChallengeResourceVerification: true } : {}),
  }
}

/** What the Azure libraries throw, as far as we read it. */
type AzureError = { name?: string; code?: unknown; statusCode?: unknown; message?: string }

/**
 * Names what an Azure library threw. Nothing of its message is kept: it may
 * quote the answer.
 *
 * @param what the thing that was wanted, e.g. `the secret "x" in the vault`
 */
export function azureFailure(service: RemoteService, what: string, error: unknown): RemoteError {
  if (error instanceof RemoteError) return error

  const { name = '', code, statusCode } = (error ?? {}) as AzureError
  const status = typeof statusCode === 'number' ? statusCode : null
  const serviceCode = typeof code === 'string' ? code : name || null
  const told = { service, status, serviceCode, whoseMove: 'partner' as const }

  if (
    name === 'CredentialUnavailableError' ||
    name === 'AggregateAuthenticationError' ||
    name === 'AuthenticationError'
  ) {
    return tokenFailure({
      ...told,
      code: 'identity_unavailable',
      message: `this machine has no Azure identity that can be used for ${what}`,
      remedy: 'Give the machine a managed identity, or set the AZURE_ variables of a service principal.',
      permanent: false,
    })
  }
  if (status === 401 || status === 403) {
    return tokenFailure({
      ...told,
      code: 'vault_forbidden',
      message: `this machine’s Azure identity may not use ${what}`,
      remedy:
        'Grant it Key Vault Secrets User, or Key Vault Crypto User with Certificate User, on that vault.',
      permanent: true,
    })
  }
  if (status === 404) {
    return tokenFailure({
      ...told,
      code: 'vault_not_found',
      message: `${what} does not exist`,
      remedy: 'Check the vault address and the name in the settings.',
      permanent: true,
    })
  }
  return tokenFailure({
    ...told,
    code: 'credential_unavailable',
    message: `${what} could not be reached`,
    remedy: 'Check that this machine can reach it; the next request tries again.',
    permanent: false,
    whoseMove: status !== null && status >= 500 ? 'microsoft' : 'partner',
  })
}
