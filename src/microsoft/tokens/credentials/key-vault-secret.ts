import type { TokenCredential } from '@azure/identity'
import type { SecretClient } from '@azure/keyvault-secrets'
import type { ChooseProxy } from '../../../platform/proxy/choose-proxy.ts'
import { azureFailure, inTime, vaultClientOptions, vaultMaxAgeMs } from './azure.ts'
import type { Credential } from './credential.ts'
import { keep } from './kept.ts'

/** A client secret held in Azure Key Vault; a newer version is found within the hour, or at once after a refusal. */
export function keyVaultSecretCredential(options: {
  vaultUrl: string
  name: string
  label: string
  identity: TokenCredential
  chooseProxy: ChooseProxy
  now: () => Date
}): Credential {
  const { vaultUrl, name, label, identity, chooseProxy, now } = options
  let client: Promise<SecretClient> | null = null

  const kept = keep({ read, maxAgeMs: vaultMaxAgeMs, now })

  async function read(): Promise<{ secret: string; expiresAt: Date | null }> {
    try {
      client ??= import('@azure/keyvault-secrets').then(
        azure => new azure.SecretClient(vaultUrl, identity, vaultClientOptions(vaultUrl, chooseProxy)),
      )
      const { value, properties } = await inTime((await client).getSecret(name))
      if (!value) throw new Error('the secret is empty')
      return { secret: value, expiresAt: properties.expiresOn ?? null }
    } catch (error) {
      throw azureFailure('key-vault', `The secret "${name}" in the key vault`, error)
    }
  }

  return {
    kind: 'key-vault-secret',
    label,
    async present() {
      return { kind: 'secret', secret: (await kept.get()).secret }
    },
    async renew() {
      const before = (await kept.get()).secret
      return (await kept.renew()).secret !== before
    },
    async expiresAt() {
      return (await kept.get()).expiresAt
    },
  }
}
