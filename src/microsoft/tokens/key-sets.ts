import { type CryptoKey, importJWK } from 'jose'
import { z } from 'zod'
import { BoundedMap, type Used } from '../../platform/limits/bounded-map.ts'
import type { Endpoints } from '../clouds/endpoints.ts'
import type { Remote } from '../http/types.ts'
import { badAnswer } from './failures.ts'

const refreshAfterMs = 60 * 60 * 1000
const maxAgeMs = 24 * 60 * 60 * 1000
const cooldownMs = 5 * 60 * 1000

/** Staff sign in to one tenant and admins to theirs once; more sets need not stay. */
const tenantsKept = 500

const keySetSchema = z.object({
  keys: z.array(z.looseObject({ kid: z.string(), kty: z.string(), use: z.string().optional() })),
})

const rsaSchema = z.object({ n: z.string(), e: z.string(), issuer: z.string().optional() })

/** A key of Entra's that signs ID tokens. */
export type SigningKey = {
  key: CryptoKey
  /** For whom it signs: exact, or a template with `{tenantid}`. Null when the set does not say. */
  issuer: string | null
}

export type KeySets = {
  /**
   * The tenant's key of that id, null when Entra does not list it.
   *
   * @throws RemoteError when no keys are known and none can be had
   */
  find(tenantId: string, keyId: string): Promise<SigningKey | null>
}

type KeySet = Used & { keys: Map<string, SigningKey>; readAt: number; askedAt: number }

/**
 * Entra's signing keys, by its own rules: a set lasts 24 hours, is renewed in
 * the background each hour it is used, and at once for an unknown key id, but
 * not more often than once in 5 minutes. The last good set stays when a
 * renewal fails.
 *
 * @see Microsoft identity platform, "Signing key rollover"
 */
export function createKeySets(options: { endpoints: Endpoints; remote: Remote; now: () => Date }): KeySets {
  const { endpoints, remote, now } = options
  const sets = new BoundedMap<string, KeySet>(tenantsKept)
  const reads = new Map<string, Promise<KeySet>>()

  async function read(tenantId: string): Promise<KeySet> {
    const answer = await remote.call({
      service: 'entra',
      place: 'tenant_lookup',
      tenantId,
      method: 'GET',
      url: endpoints.url('login', `/${tenantId}/discovery/v2.0/keys`),
      timeoutMs: 10_000,
      deadlineMs: 20_000,
    })
    const at = now().getTime()
    const set = {
      keys: await readKeySet(answer.text, answer.requestId),
      readAt: at,
      askedAt: at,
      isUsed: false,
    }
    sets.set(tenantId, set)
    return set
  }

  function renew(tenantId: string): Promise<KeySet> {
    const known = sets.peek(tenantId)
    if (known) known.askedAt = now().getTime()

    let reading = reads.get(tenantId)
    if (!reading) {
      reading = read(tenantId).finally(() => reads.delete(tenantId))
      reads.set(tenantId, reading)
    }
    return reading
  }

  async function renewOrKeep(tenantId: string, known: KeySet): Promise<KeySet> {
    try {
      return await renew(tenantId)
    } catch {
      // Remote has counted and logged it; the last good set is what is left.
      return known
    }
  }

  return {
    async find(tenantId, keyId) {
      const known = sets.get(tenantId)
      if (!known) return (await renew(tenantId)).keys.get(keyId) ?? null

      const at = now().getTime()
      const mayAsk = at - known.askedAt >= cooldownMs
      const isOld = at - known.readAt >= maxAgeMs
      if (mayAsk && (isOld || !known.keys.has(keyId))) {
        return (await renewOrKeep(tenantId, known)).keys.get(keyId) ?? null
      }

      if (mayAsk && at - known.readAt >= refreshAfterMs) void renewOrKeep(tenantId, known)
      return known.keys.get(keyId) ?? null
    },
  }
}

/** @throws RemoteError `bad_answer` when no usable key is in it */
async function readKeySet(text: string, requestId: string | null): Promise<Map<string, SigningKey>> {
  const keys = new Map<string, SigningKey>()
  try {
    for (const jwk of keySetSchema.parse(JSON.parse(text)).keys) {
      if (jwk.kty !== 'RSA' || (jwk.use !== undefined && jwk.use !== 'sig')) continue
      const { n, e, issuer } = rsaSchema.parse(jwk)
      const key = await importJWK({ kty: 'RSA', n, e }, 'RS256')
      if (!(key instanceof Uint8Array)) keys.set(jwk.kid, { key, issuer: issuer ?? null })
    }
  } catch (cause) {
    throw badAnswer('the signing keys could not be read', requestId, { cause })
  }
  if (keys.size === 0) throw badAnswer('the answer holds no signing key', requestId)
  return keys
}
