import type { TokenCredential } from '@azure/identity'
import { AppError } from '../../../errors.ts'
import type { ChooseProxy } from '../../../platform/proxy/choose-proxy.ts'
import type { Cloud } from '../../clouds/clouds.ts'
import type { Remote } from '../../http/types.ts'
import { ambientIdentity } from './azure.ts'
import { certificateCredential } from './certificate.ts'
import type { Credential, CredentialSettings } from './credential.ts'
import { keyVaultCertificateCredential } from './key-vault-certificate.ts'
import { keyVaultSecretCredential } from './key-vault-secret.ts'
import { managedIdentityCredential } from './managed-identity.ts'
import { type CredentialRefused, type Credentials, rotateCredentials } from './rotation.ts'
import { secretCredential } from './secret.ts'

export type CredentialsOptions = {
  settings: CredentialSettings[]
  cloud: Cloud
  clientId: string
  remote: Remote
  chooseProxy: ChooseProxy
  now: () => Date
  onRefused?: ((refused: CredentialRefused) => void) | undefined
}

/**
 * Makes the registration's credentials from the settings. Nothing is called
 * yet: vaults and identities are asked when the first token is.
 *
 * @throws AppError `settings` when there is none, or a PEM text is unusable
 */
export function createCredentials(options: CredentialsOptions): Credentials {
  const { settings, now, onRefused } = options
  if (settings.length === 0) {
    throw new AppError('settings', 'no credential is configured', {
      remedy: 'Set TENANTRY_CLIENT_SECRET, a certificate, a key vault or a managed identity.',
    })
  }

  const identity = ambientIdentity(options.chooseProxy)
  const credentials = settings.map(setting => createCredential(setting, options, identity))
  return rotateCredentials({ credentials, now, onRefused })
}

function createCredential(
  setting: CredentialSettings,
  { cloud, clientId, remote, chooseProxy, now }: CredentialsOptions,
  identity: TokenCredential,
): Credential {
  switch (setting.kind) {
    case 'secret':
      return secretCredential(setting)
    case 'certificate':
      return certificateCredential({ ...setting, clientId, now })
    case 'key-vault-secret':
      return keyVaultSecretCredential({ ...setting, identity, chooseProxy, now })
    case 'key-vault-certificate':
      return keyVaultCertificateCredential({ ...setting, clientId, identity, chooseProxy, remote, now })
    case 'managed-identity':
      return managedIdentityCredential({ ...setting, chooseProxy, exchangeAudience: cloud.exchangeAudience })
  }
}
