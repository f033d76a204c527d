/** A credential as the settings give it. The label names it in messages: never the secret. */
export type CredentialSettings =
  | { kind: 'secret'; secret: string; label: string }
  | { kind: 'certificate'; pem: string; label: string }
  | { kind: 'key-vault-secret'; vaultUrl: string; name: string; label: string }
  | { kind: 'key-vault-certificate'; vaultUrl: string; name: string; label: string }
  | { kind: 'managed-identity'; clientId: string | 'system'; label: string }

export type CredentialKind = CredentialSettings['kind']

/** What goes into one token request. */
export type Presented = { kind: 'secret'; secret: string } | { kind: 'assertion'; assertion: string }

/** Something that proves to Entra that it is our registration that asks. */
export type Credential = {
  readonly kind: CredentialKind
  readonly label: string
  /**
   * @param audience the tenant's own token endpoint, to which an assertion is bound
   * @throws RemoteError when it is kept elsewhere and cannot be had
   */
  present(audience: string): Promise<Presented>
  /** After a refusal: reads it anew from where it is kept. True when it is another one now. */
  renew(): Promise<boolean>
  /** Null when that cannot be known, as with a client secret. */
  expiresAt(): Promise<Date | null>
}
