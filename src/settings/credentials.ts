import type { CredentialSettings } from '../microsoft/tokens/credentials/credential.ts'
import type { ReadSettings } from './reader.ts'

/**
 * Which credentials the registration may use, strongest first. The `_NEXT`
 * settings hold the one that takes over when the first is refused, so that a
 * secret or certificate can be rotated without a moment of outage.
 */
export function readCredentials(read: ReadSettings): CredentialSettings[] {
  const { settings, isGiven, problem } = read
  const found: CredentialSettings[] = []
  const identity = settings.TENANTRY_MANAGED_IDENTITY_CLIENT_ID
  if (identity) found.push({ kind: 'managed-identity', clientId: identity, label: 'managed identity' })

  found.push(...readKeyVault(read))

  for (const name of ['TENANTRY_CLIENT_CERTIFICATE_FILE', 'TENANTRY_CLIENT_CERTIFICATE_FILE_NEXT'] as const) {
    const pem = settings[name]
    if (pem) found.push({ kind: 'certificate', pem, label: `certificate of ${name}` })
  }
  for (const name of ['TENANTRY_CLIENT_SECRET', 'TENANTRY_CLIENT_SECRET_NEXT'] as const) {
    const secret = settings[name]
    if (secret) found.push({ kind: 'secret', secret, label: `secret of ${name}` })
  }

  const isTried = (
    [
      'TENANTRY_CLIENT_CERTIFICATE_FILE',
      'TENANTRY_CLIENT_CERTIFICATE_FILE_NEXT',
      'TENANTRY_CLIENT_SECRET',
    ] as const
  ).some(isGiven)
  if (found.length === 0 && !isTried) {
    problem(
      'TENANTRY_CLIENT_SECRET',
      'no credential is set',
      'set it, or TENANTRY_CLIENT_CERTIFICATE_FILE, or TENANTRY_KEY_VAULT_URL with a secret or certificate, or TENANTRY_MANAGED_IDENTITY_CLIENT_ID',
    )
  }
  return found
}

function readKeyVault({ settings, isGiven, problem }: ReadSettings): CredentialSettings[] {
  const vaultUrl = settings.TENANTRY_KEY_VAULT_URL
  const secret = settings.TENANTRY_KEY_VAULT_SECRET
  const certificate = settings.TENANTRY_KEY_VAULT_CERTIFICATE
  if (!vaultUrl) {
    if ((secret || certificate) && !isGiven('TENANTRY_KEY_VAULT_URL')) {
      problem(
        'TENANTRY_KEY_VAULT_URL',
        'is missing although a Key Vault secret or certificate is named',
        'set it to the vault, such as https://partner.vault.azure.net',
      )
    }
    return []
  }
  if (!secret && !certificate) {
    problem(
      'TENANTRY_KEY_VAULT_URL',
      'names a vault but nothing in it',
      'set TENANTRY_KEY_VAULT_CERTIFICATE or TENANTRY_KEY_VAULT_SECRET too',
    )
  }
  const found: CredentialSettings[] = []
  if (certificate) {
    found.push({
      kind: 'key-vault-certificate',
      vaultUrl,
      name: certificate,
      label: `Key Vault certificate ${certificate}`,
    })
  }
  if (secret)
    found.push({ kind: 'key-vault-secret', vaultUrl, name: secret, label: `Key Vault secret ${secret}` })
  return found
}
