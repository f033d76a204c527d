import type { FailureKind } from './kind.ts'

/** Failures of the partner's own registration and credentials. They hit all tenants at once. */
export const credentialFailures = {
  credential_invalid: {
    permanent: true,
    whoseMove: 'partner',
    message: 'Entra refused the credential of the app.',
    remedy:
      'Set the value of a current client secret (not its id); a secret made just now may need two minutes.',
  },
  credential_expired: {
    permanent: true,
    whoseMove: 'partner',
    message: 'The client secret has expired.',
    remedy: 'Make a new client secret in the app registration, set it and restart.',
  },
  credential_missing: {
    permanent: true,
    whoseMove: 'partner',
    message: 'The request carried no credential that Entra could use.',
    remedy: 'Check that a client secret, certificate or federated credential is configured.',
  },
  certificate_unknown: {
    permanent: true,
    whoseMove: 'partner',
    message: 'Entra does not know the certificate that signed the request.',
    remedy:
      'Upload the current certificate to the app registration and check that its private key belongs to it.',
  },
  assertion_time: {
    permanent: true,
    whoseMove: 'partner',
    message: 'The signed assertion is outside its time range.',
    remedy: 'Set the clock of this machine right (run the doctor command to see the difference).',
  },
  assertion_invalid: {
    permanent: true,
    whoseMove: 'partner',
    message: 'Entra could not accept the signed assertion.',
    remedy:
      'Check the certificate file and the client id; if both are right, report this with its request id.',
  },
  federation_mismatch: {
    permanent: true,
    whoseMove: 'partner',
    message: 'No federated credential of the registration matches this identity.',
    remedy:
      'Compare issuer, subject (object id of the managed identity) and audience of the federated credential, character by character; a new one may need a few minutes.',
  },
  registration_wrong: {
    permanent: true,
    whoseMove: 'partner',
    message: 'The app registration does not allow this.',
    remedy:
      'Check the app registration: multi-tenant accounts, redirect URIs of type Web, confidential client and the listed permissions.',
  },
  resource_unknown: {
    permanent: true,
    whoseMove: 'partner',
    message: 'Entra does not know the API that a token was asked for.',
    remedy: 'Check that the configured cloud is right and that the API exists there.',
  },
  vault_denied: {
    permanent: true,
    whoseMove: 'partner',
    message: 'Key Vault does not let this identity read the credential.',
    remedy:
      'Give the identity the role Key Vault Secrets User (for keys: Crypto User) and check the network rules of the vault.',
  },
  vault_item_missing: {
    permanent: true,
    whoseMove: 'partner',
    message: 'Key Vault holds no such secret, key or certificate, or it is disabled.',
    remedy: 'Check the vault URL and the name, and that its current version is enabled.',
  },
  identity_missing: {
    permanent: true,
    whoseMove: 'partner',
    message: 'No managed identity answers on this machine.',
    remedy: 'Assign the user-assigned managed identity to this machine and check the configured client id.',
  },
} as const satisfies Record<string, FailureKind>
