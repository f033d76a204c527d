import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

/** `S`, and the version of what follows: key id, nonce, ciphertext, tag. */
const magic = Buffer.from([0x53, 0x01])
const idBytes = 8
const nonceBytes = 12
const tagBytes = 16
const headBytes = magic.length + idBytes
const leastBytes = headBytes + nonceBytes + tagBytes

/** A data key and the id that envelopes carry: 16 hexadecimal digits. */
export type SealingKey = { id: string; key: Buffer }

/** What a sealed value belongs to: it opens nowhere else. */
export type SealedPlace = { table: string; row: readonly (string | number)[] }

/** Somebody changed a sealed value, moved it to another row, or its key is another one. */
export class SealBroken extends Error {
  override readonly name = 'SealBroken'
}

/**
 * Seals a value with AES-256-GCM and a fresh random nonce. Each table has a
 * key of its own, derived by HKDF, so that the number of values under one key
 * stays far below what random nonces of 96 bits allow.
 *
 * @see NIST SP 800-38D, section 8.3; RFC 5869
 */
export function seal({ id, key }: SealingKey, place: SealedPlace, plain: Uint8Array): Buffer {
  const head = Buffer.concat([magic, Buffer.from(id, 'hex')])
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', tableKey(key, place.table), nonce)
  cipher.setAAD(associated(head, place))
  const sealed = [cipher.update(plain), cipher.final()]
  return Buffer.concat([head, nonce, ...sealed, cipher.getAuthTag()])
}

/**
 * Opens what `seal` sealed.
 *
 * @throws SealBroken when a bit of it, the row or the key is another one
 */
export function unseal({ id, key }: SealingKey, place: SealedPlace, sealed: Uint8Array): Buffer {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength)
  if (keyIdOf(bytes) !== id)
    throw new SealBroken(`a value of ${place.table} is not sealed with the key ${id}`)
  const nonce = bytes.subarray(headBytes, headBytes + nonceBytes)
  const tag = bytes.subarray(bytes.length - tagBytes)
  const decipher = createDecipheriv('aes-256-gcm', tableKey(key, place.table), nonce)
  decipher.setAuthTag(tag)
  decipher.setAAD(associated(bytes.subarray(0, headBytes), place))
  try {
    const body = bytes.subarray(headBytes + nonceBytes, bytes.length - tagBytes)
    return Buffer.concat([decipher.update(body), decipher.final()])
  } catch {
    throw new SealBroken(`a sealed value of ${place.table} was changed, or belongs to another row`)
  }
}

/** The id of the key that a value is sealed with; null when it is not sealed. */
export function keyIdOf(value: Uint8Array): string | null {
  const isSealed = value.length >= leastBytes && value[0] === magic[0] && value[1] === magic[1]
  return isSealed ? Buffer.from(value.subarray(magic.length, headBytes)).toString('hex') : null
}

/** What the database compares to find values of a key, in hexadecimal. */
export function sealedPrefix(id: string): string {
  return magic.toString('hex') + id
}

function tableKey(key: Buffer, table: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, '', `tenantry table ${table}`, 32))
}

function associated(head: Buffer, { table, row }: SealedPlace): Buffer {
  return Buffer.concat([head, Buffer.from(JSON.stringify([table, ...row]))])
}
