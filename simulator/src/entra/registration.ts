import { X509Certificate } from 'node:crypto'
import { demoRegistration, type RequiredPermission } from '../registration.ts'
import type { FederatedCredential, StateStore } from '../state.ts'
import type { World } from '../world.ts'

/** A certificate of the registration, with the thumbprints that assertions name it by. */
export type RegisteredCertificate = {
  certificate: X509Certificate
  sha1: string
  sha256: string
  expiresAt: number
}

const loopbackNames = ['localhost', '127.0.0.1']

function base64url(colonHex: string): string {
  return Buffer.from(colonHex.replaceAll(':', ''), 'hex').toString('base64url')
}

function readCertificate(pem: string): RegisteredCertificate {
  const certificate = new X509Certificate(pem)
  return {
    certificate,
    sha1: base64url(certificate.fingerprint),
    sha256: base64url(certificate.fingerprint256),
    expiresAt: Date.parse(certificate.validTo),
  }
}

/**
 * A registered URI matches exactly, except that the port of `localhost` and
 * `127.0.0.1` does not count.
 *
 * @see Microsoft identity platform, "Redirect URI restrictions and limitations"
 */
function matches(registered: string, given: string): boolean {
  if (registered === given) return true
  if (!URL.canParse(given)) return false
  const [left, right] = [new URL(registered), new URL(given)]
  if (!loopbackNames.includes(left.hostname)) return false
  left.port = ''
  right.port = ''
  return left.href === right.href
}

/** The partner's app registration: what it may be asked for and how it proves itself. */
export class Registration {
  readonly clientId = demoRegistration.clientId
  readonly appName = demoRegistration.appName
  readonly redirectUris: string[]
  readonly frontChannelLogoutUrl: string | undefined
  /** `groupMembershipClaims: "DirectoryRole"` of the manifest: ID tokens carry `wids`. */
  emitsDirectoryRoles = true
  /** Whether the optional claim `auth_time` is asked for in ID tokens. */
  emitsAuthTime = true
  readonly #store: StateStore
  readonly #world: World
  #certificates: RegisteredCertificate[]

  constructor(
    store: StateStore,
    world: World,
    options: { publicUrls: string[]; redirectUris: string[]; frontChannelLogoutUrl?: string },
  ) {
    this.#store = store
    this.#world = world
    const ofTenantry = options.publicUrls.flatMap(url =>
      ['/auth/callback', '/consent/callback', '/consent/proof'].map(path => new URL(path, url).href),
    )
    this.redirectUris = [...options.redirectUris, ...ofTenantry]
    this.frontChannelLogoutUrl = options.frontChannelLogoutUrl
    this.#certificates = this.#saved.certificates.map(readCertificate)
  }

  /** Of a sign-in as of a sign-out: the list of redirect URIs is one. */
  allowsRedirect(uri: string): boolean {
    return this.redirectUris.some(registered => matches(registered, uri))
  }

  get permissions(): readonly RequiredPermission[] {
    return this.#saved.permissions
  }

  setPermissions(permissions: RequiredPermission[]): void {
    this.#saved.permissions = permissions
    this.#store.changed()
  }

  checkSecret(value: string): 'valid' | 'expired' | 'unknown' {
    const secret = this.#saved.secrets.find(candidate => candidate.value === value)
    if (!secret) return 'unknown'
    return secret.expiresAt > this.#world.now().getTime() ? 'valid' : 'expired'
  }

  addSecret(value: string, expiresAt: Date): void {
    this.removeSecret(value)
    this.#saved.secrets.push({ value, expiresAt: expiresAt.getTime() })
    this.#store.changed()
  }

  removeSecret(value: string): void {
    this.#saved.secrets = this.#saved.secrets.filter(secret => secret.value !== value)
    this.#store.changed()
  }

  /** Ends one secret, or all of them, at this moment of the world's clock. */
  expireSecrets(value?: string): void {
    const now = this.#world.now().getTime()
    for (const secret of this.#saved.secrets) {
      if (value === undefined || secret.value === value) secret.expiresAt = now
    }
    this.#store.changed()
  }

  certificate(thumbprint: { sha1?: string; sha256?: string }): RegisteredCertificate | undefined {
    return this.#certificates.find(
      ({ sha1, sha256 }) => sha256 === thumbprint.sha256 || sha1 === thumbprint.sha1,
    )
  }

  /** @throws Error when the text is not a certificate */
  addCertificate(pem: string): RegisteredCertificate {
    const added = readCertificate(pem)
    this.#certificates.push(added)
    this.#saved.certificates.push(pem)
    this.#store.changed()
    return added
  }

  removeCertificates(): void {
    this.#certificates = []
    this.#saved.certificates = []
    this.#store.changed()
  }

  get federatedCredentials(): readonly FederatedCredential[] {
    return this.#saved.federatedCredentials
  }

  addFederatedCredential(credential: FederatedCredential): void {
    this.#saved.federatedCredentials.push(credential)
    this.#store.changed()
  }

  get #saved() {
    return this.#store.state.registration
  }
}
