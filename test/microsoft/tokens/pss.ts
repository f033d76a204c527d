import { constants, createHash, type KeyObject, privateEncrypt, randomBytes } from 'node:crypto'

const hashBytes = 32

/**
 * Signs a SHA-256 digest with RSASSA-PSS, as a vault does that never sees the
 * message. Node signs messages only, so the encoding is done here.
 *
 * @see RFC 8017, 9.1.1 "EMSA-PSS encoding"
 */
export function signDigest(key: KeyObject, digest: Buffer): Buffer {
  const bits = (key.asymmetricKeyDetails?.modulusLength ?? 2048) - 1
  const length = Math.ceil(bits / 8)
  const salt = randomBytes(hashBytes)
  const hash = sha256(Buffer.alloc(8), digest, salt)

  const data = Buffer.alloc(length - hashBytes - 1)
  data[data.length - hashBytes - 1] = 1
  salt.copy(data, data.length - hashBytes)
  const mask = generateMask(hash, data.length)
  const masked = Buffer.from(data.map((byte, index) => byte ^ (mask[index] ?? 0)))
  masked[0] = (masked[0] ?? 0) & (0xff >> (8 * length - bits))

  const encoded = Buffer.concat([masked, hash, Buffer.from([0xbc])])
  return privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, encoded)
}

function generateMask(seed: Buffer, length: number): Buffer {
  const blocks: Buffer[] = []
  for (let counter = 0; blocks.length * hashBytes < length; counter++) {
    blocks.push(sha256(seed, Buffer.from([0, 0, 0, counter])))
  }
  return Buffer.concat(blocks)
}

function sha256(...parts: Buffer[]): Buffer {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
