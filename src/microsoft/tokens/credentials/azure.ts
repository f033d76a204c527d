import type { TokenCredential } from '@azure/identity'
import type { SecretClientOptions } from '@azure/keyvault-secrets'
import { z } from 'zod'
import { RemoteError } from '../../../errors.ts'
import type { ChooseProxy } from '../../../platform/proxy/choose-proxy.ts'
import { createAgents } from '../../../platform/proxy/proxying-agents.ts'
import { namedFailure } from '../../failures/named-failure.ts'
import { readFailure } from '../../failures/read-failure.ts'
import { readSocketError } from '../../http/socket-errors.ts'

/** How long a secret or certificate read from a vault is believed. */
export const vaultMaxAgeMs = 60 * 60 * 1000

/** Each try is short: whoever asks for a token is waiting. */
export const azureRetries = { maxRetries: 2, retryDelayInMs: 300, maxRetryDelayInMs: 2_000 }

/**
 * What proves to Azure who this process is: a managed identity, a workload
 * identity, or what the AZURE_ variables name. Loaded on first use because the
 * library alone takes longer to load than the rest of the start.
 */
export function ambientIdentity(chooseProxy: ChooseProxy): TokenCredential {
  let credential: Promise<TokenCredential> | null = null
  return {
    async getToken(scopes, options) {
      credential ??= import('@azure/identity').then(
        azure => new azure.DefaultAzureCredential({ additionalPolicies: [viaProxy(chooseProxy)] }),
      )
      return (await credential).getToken(scopes, options)
    },
  }
}

/** Longer than the libraries' own retries should take; on a machine outside Azure they may take minutes. */
const timeoutMs = 10_000

/** @throws Error named `TimeoutError` */
export async function inTime<T>(task: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new DOMException('no answer in time', 'TimeoutError')), timeoutMs)
  try {
    return await Promise.race([task, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Options of a vault client. Plain http is for loopback, where no vault's name can stand in the host. */
export function vaultClientOptions(vaultUrl: string, chooseProxy: ChooseProxy) {
  const isPlain = new URL(vaultUrl).protocol === 'http:'
  return {
    retryOptions: azureRetries,
    additionalPolicies: [viaProxy(chooseProxy)],
    ...(isPlain ? { allowInsecureConnection: true, disableChallengeResourceVerification: true } : {}),
  }
}

type AdditionalPolicy = NonNullable<SecretClientOptions['additionalPolicies']>[number]

/**
 * Our decision about the proxy in the place of the libraries' own, which reads
 * the environment in another way: no networks in NO_PROXY, and the addresses
 * where a cloud answers for a machine's identity through the proxy.
 */
export function viaProxy(chooseProxy: ChooseProxy): AdditionalPolicy {
  const agentFor = createAgents(chooseProxy)
  return {
    position: 'perCall',
    policy: {
      name: 'tenantryProxy',
      sendRequest(request, next) {
        // Runs after the libraries' own policy, which may have set another.
        request.agent = agentFor(new URL(request.url))
        return next(request)
      },
    },
  }
}

/** What the Azure libraries throw, as far as we read it. */
const azureError = z.looseObject({
  name: z.string().catch(''),
  code: z.string().nullable().catch(null),
  statusCode: z.number().nullable().catch(null),
  /** What Entra answered to an identity of this machine. */
  errorResponse: z
    .looseObject({
      error: z.string(),
      errorDescription: z.string().optional().catch(undefined),
      errorCodes: z.array(z.number()).optional().catch(undefined),
      traceId: z.string().optional().catch(undefined),
    })
    .nullable()
    .catch(null),
  /** One for each way that was tried. */
  errors: z.array(z.unknown()).catch([]),
})

const identityErrors = new Set([
  'CredentialUnavailableError',
  'AggregateAuthenticationError',
  'AuthenticationError',
  'AuthenticationRequiredError',
])

/**
 * Names what an Azure library threw. Where Entra refused the identity of this
 * machine, its number decides; of any other message nothing is kept, as it may
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

  const refused = entraRefusal(service, error)
  if (refused) return refused

  const { name, code, statusCode: status } = readAzureError(error)
  const details = { service, status, serviceCode: code ?? (name || null) }

  if (name === 'TimeoutError' && service === 'key-vault') {
    return new RemoteError(
      namedFailure('timeout', { ...details, message: `${what} did not answer in time.` }),
    )
  }
  if (identityErrors.has(name) || service === 'managed-identity') {
    const message = `${what} could not be used: this machine has no Azure identity that answers.`
    return new RemoteError(namedFailure('identity_missing', { ...details, message }))
  }
  if (status === 401 || status === 403) return new RemoteError(namedFailure('vault_denied', details))
  if (status === 404) {
    return new RemoteError(
      namedFailure('vault_item_missing', { ...details, message: `${what} does not exist.` }),
    )
  }
  if (status === 429) return new RemoteError(namedFailure('throttled', details))
  if (status !== null && status < 500) return new RemoteError(namedFailure('unknown_error', details))
  if (status !== null) return new RemoteError(namedFailure('unavailable', details))
  const wire = readSocketError(error).name
  if (wire === 'proxy_refused' || wire === 'proxy_unreachable')
    return new RemoteError(namedFailure(wire, details))
  const message = `${what} could not be reached.`
  return new RemoteError(
    namedFailure(name === 'RestError' ? 'network' : 'bad_answer', { ...details, message }),
  )
}

function readAzureError(error: unknown): z.infer<typeof azureError> {
  // Errors keep some of these outside their own enumerable members.
  const { name, code, statusCode, errorResponse, errors } = (error ?? {}) as Record<string, unknown>
  return azureError.parse({ name, code, statusCode, errorResponse, errors })
}

/** What Entra said when it refused a token to this machine's identity; null when it was not asked or gave no number. */
function entraRefusal(service: 'key-vault' | 'managed-identity', error: unknown): RemoteError | null {
  const { errorResponse, statusCode, errors } = readAzureError(error)
  if (!errorResponse) return errors.map(one => entraRefusal(service, one)).find(one => one !== null) ?? null
  const body = {
    error: errorResponse.error,
    error_description: errorResponse.errorDescription,
    error_codes: errorResponse.errorCodes,
    trace_id: errorResponse.traceId,
  }
  const failure = readFailure({ service, status: statusCode, body: JSON.stringify(body) })
  return failure.serviceCode?.startsWith('AADSTS') ? new RemoteError(failure) : null
}
