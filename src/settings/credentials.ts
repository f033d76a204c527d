import type { CredentialSettings } from '../tokens/credentials/credential.ts'
import type { SettingsReader } from './reader.ts'

/**
 * Reads which credentials the registration may use, strongest first. The
 * `_NEXT` settings hold the one that takes over when the first is refused, so
 * that a secret or certificate can be rotated without a moment of outage.
 *
 * @param readFile returns a file's text or throws
 */
export function readCredentials(
  read: SettingsReader,
  readFile: (path: string) => string,
): CredentialSettings[] {
  const found: CredentialSettings[] = []
  const identity = read.text('TENANTRY_MANAGED_IDENTITY_CLIENT_ID')
  if (identity) found.push({ kind: 'managed-identity', clientId: identity, label: 'managed identity' })

  found.push(...readKeyVault(read))

  for (const suffix of ['', '_NEXT']) {
    const setting = `TENANTRY_CLIENT_CERTIFICATE_FILE${suffix}`
    const pem = readPem(read, setting, readFile)
    if (pem) found.push({ kind: 'certificate', pem, label: `certificate of ${setting}` })
  }
  for (const suffix of ['', '_NEXT']) {
    const setting = `TENANTRY_CLIENT_SECRET${suffix}`
    const secret = read.text(setting)
    if (secret) found.push({ kind: 'secret', secret, label: `secret of ${setting}` })
  }

  if (found.length === 0 && read.problems.every(({ setting }) => !setting.includes('CERTIFICATE'))) {
    read.problem(
      'TENANTRY_CLIENT_SECRET',
      'no credential is set',
      'set it, or TENANTRY_CLIENT_CERTIFICATE_FILE, or TENANTRY_KEY_VAULT_URL with a secret or certificate, or TENANTRY_MANAGED_IDENTITY_CLIENT_ID',
    )
  }
  return found
}

function readKeyVault(read: SettingsReader): CredentialSettings[] {
  const vaultUrl = read.origin('TENANTRY_KEY_VAULT_URL')
  const secret = read.text('TENANTRY_KEY_VAULT_SECRET')
  const certificate = read.text('TENANTRY_KEY_VAULT_CERTIFICATE')
  if (!vaultUrl) {
    if ((secret || certificate) && !read.text('TENANTRY_KEY_VAULT_URL')) {
      read.problem(
        'TENANTRY_KEY_VAULT_URL',
        'is missing although a Key Vault secret or certificate is named',
        'set it to the vault, such as https://partner.vault.azure.net',
      )
    }
    return []
  }
  if (!secret && !certificate) {
    read.problem(
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

function readPem(read: SettingsReader, setting: string, readFile: (path: string) => string): string | null {
  const path = read.text(setting)
  if (!path) return null
  try {
    const pem = readFile(path)
    if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem) && pem.includes('-----BEGIN CERTIFICATE-----'))
      return pem
    read.problem(
      setting,
      `"${path}" does not hold both a private key and a certificate`,
      'put both into one PEM file',
    )
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    read.problem(
      setting,
      `"${path}" cannot be read (${code})`,
      'check the path and that this user may read the file',
    )
  }
  return null
}
