import { createHash, randomUUID } from 'node:crypto'
import { BoundedMap, type Used } from '../../../platform/limits/bounded-map.ts'

const lifetimeSeconds = 600

/** Less than the lifetime by far more than clocks differ and requests take. */
const reuseMs = 8 * 60 * 1000

/** Signs with PS256 (RSASSA-PSS, SHA-256). */
export type Signer = (input: string) => Promise<Uint8Array>

/**
 * Writes a client assertion up to its signature.
 *
 * @param certificate DER
 * @param audience the token endpoint of the tenant that is asked
 * @see Microsoft identity platform, "Certificate credentials"
 */
export function writeAssertion(claims: {
  clientId: string
  audience: string
  certificate: Uint8Array
  now: Date
}): string {
  const issuedAt = Math.floor(claims.now.getTime() / 1000)
  const header = {
    alg: 'PS256',
    typ: 'JWT',
    'x5t#S256': createHash('sha256').update(claims.certificate).digest('base64url'),
  }
  const payload = {
    aud: claims.audience,
    iss: claims.clientId,
    sub: claims.clientId,
    jti: randomUUID(),
    nbf: issuedAt,
    iat: issuedAt,
    exp: issuedAt + lifetimeSeconds,
  }
  return `${encode(header)}.${encode(payload)}`
}

/**
 * Keeps signed assertions for most of their life, one per audience. Signing
 * costs about a millisecond here and a round trip in a vault, and a tenant is
 * asked for up to three tokens in a row.
 */
export function createAssertions({ now, limit = 20_000 }: { now: () => Date; limit?: number }) {
  const kept = new BoundedMap<string, Used & { assertion: Promise<string>; until: number }>(limit)

  return {
    async get(audience: string, make: () => Promise<string>): Promise<string> {
      const known = kept.get(audience)
      if (known && known.until > now().getTime()) return known.assertion

      const entry = { assertion: make(), until: now().getTime() + reuseMs, isUsed: false }
      kept.set(audience, entry)
      try {
        return await entry.assertion
      } catch (error) {
        if (kept.peek(audience) === entry) kept.delete(audience)
        throw error
      }
    },

    clear(): void {
      kept.clear()
    },
  }
}

/** Puts signing input and signature together. */
export async function signAssertion(input: string, sign: Signer): Promise<string> {
  return `${input}.${Buffer.from(await sign(input)).toString('base64url')}`
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}
