import type { ManagedIdentityCredential } from '@azure/identity'
import type { ChooseProxy } from '../../../platform/proxy/choose-proxy.ts'
import { azureFailure, azureRetries, inTime, viaProxy } from './azure.ts'
import type { Credential } from './credential.ts'

/**
 * No secret at all: the token of this machine's managed identity is the client
 * assertion. The registration trusts it through a federated credential.
 *
 * @param options.exchangeAudience the cloud's audience for such tokens
 * @see Microsoft Entra, "Configure an application to trust a managed identity"
 */
export function managedIdentityCredential(options: {
  clientId: string | 'system'
  exchangeAudience: string
  label: string
  chooseProxy: ChooseProxy
}): Credential {
  const { clientId, exchangeAudience, label, chooseProxy } = options
  let identity: Promise<ManagedIdentityCredential> | null = null

  return {
    kind: 'managed-identity',
    label,
    async present() {
      try {
        identity ??= import('@azure/identity').then(
          azure =>
            new azure.ManagedIdentityCredential({
              ...(clientId === 'system' ? {} : { clientId }),
              retryOptions: azureRetries,
              additionalPolicies: [viaProxy(chooseProxy)],
            }),
        )
        // The library keeps the token for its life.
        const { token } = await inTime((await identity).getToken(`${exchangeAudience}/.default`))
        return { kind: 'assertion', assertion: token }
      } catch (error) {
        throw azureFailure('managed-identity', 'The managed identity', error)
      }
    },
    renew: async () => false,
    expiresAt: async () => null,
  }
}
