import { createHash, generateKeyPair, type KeyObject, sign, verify } from 'node:crypto'
import { promisify } from 'node:util'
import { selfSignedCertificate } from './certificate.ts'

const makeKeyPair = promisify(generateKeyPair)

export type SigningKey = {
  kid: string
  publicKey: KeyObject
  privateKey: KeyObject
  certificate: Buffer
}

/** An entry of the key document; `issuer` is a template unless the document is for one tenant. */
export type PublicJwk = {
  kty: 'RSA'
  use: 'sig'
  kid: string
  x5t: string
  n: string
  e: string
  x5c: [string]
  issuer: string
  cloud_instance_name: string
}

async function makeSigningKey(now: Date): Promise<SigningKey> {
  const { publicKey, privateKey } = await makeKeyPair('rsa', { modulusLength: 2048 })
  const certificate = selfSignedCertificate(
    { publicKey, privateKey },
    {
      commonName: 'accounts.accesscontrol.windows.net',
      notBefore: now,
      notAfter: new Date(now.getTime() + 5 * 365 * 86_400_000),
    },
  )
  return {
    kid: createHash('sha1').update(certificate).digest('base64url'),
    publicKey,
    privateKey,
    certificate,
  }
}

/** The keys that sign tokens: two are always published, the first signs. */
export class SigningKeys {
  #keys: SigningKey[]

  private constructor(keys: SigningKey[]) {
    this.#keys = keys
  }

  static async make(now: Date): Promise<SigningKeys> {
    return new SigningKeys(await Promise.all([makeSigningKey(now), makeSigningKey(now)]))
  }

  /** A new key signs from now on, the one before it stays published, the oldest is gone. */
  async roll(now: Date): Promise<void> {
    this.#keys = [await makeSigningKey(now), ...this.#keys.slice(0, 1)]
  }

  published(issuer: string, cloudInstanceName: string): PublicJwk[] {
    // The order of a key document means nothing; here the signing key comes last.
    return this.#keys.toReversed().map(key => {
      const { n = '', e = '' } = key.publicKey.export({ format: 'jwk' })
      return {
        kty: 'RSA',
        use: 'sig',
        kid: key.kid,
        x5t: key.kid,
        n,
        e,
        x5c: [key.certificate.toString('base64')],
        issuer,
        cloud_instance_name: cloudInstanceName,
      }
    })
  }

  /** Signs claims as a compact RS256 JWT; v1-format tokens repeat the key id as `x5t`. */
  sign(claims: object, format: 'v1' | 'v2'): string {
    const key = this.#keys[0]
    if (!key) throw new Error('there is no signing key')
    const header = { typ: 'JWT', alg: 'RS256', ...(format === 'v1' && { x5t: key.kid }), kid: key.kid }
    const input = [header, claims]
      .map(part => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.')
    return `${input}.${sign('RSA-SHA256', Buffer.from(input), key.privateKey).toString('base64url')}`
  }

  /**
   * Reads a token that one of the published keys signed.
   *
   * @returns its claims, or undefined when it is malformed, foreign or forged
   */
  verify(token: string): Record<string, unknown> | undefined {
    const [header = '', payload = '', signature = '', ...rest] = token.split('.')
    if (rest.length > 0) return undefined
    try {
      const { alg, kid } = JSON.parse(Buffer.from(header, 'base64url').toString('utf8'))
      const key = this.#keys.find(candidate => candidate.kid === kid)
      if (!key || alg !== 'RS256') return undefined
      const input = Buffer.from(`${header}.${payload}`)
      if (!verify('RSA-SHA256', input, key.publicKey, Buffer.from(signature, 'base64url'))) return undefined
      return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
    } catch (error) {
      if (error instanceof SyntaxError || error instanceof TypeError) return undefined
      throw error
    }
  }
}
