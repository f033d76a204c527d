import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto'
import { z } from 'zod'
import { AppError } from '../errors.ts'

/**
 * The installation key as a backup holds it: encrypted by AES-256-GCM with a
 * key that scrypt makes of a passphrase. All texts are base64.
 *
 * @see RFC 7914 (scrypt); NIST SP 800-38D (GCM)
 */
export const sealedKey = z.object({
  kdf: z.literal('scrypt'),
  cost: z
    .number()
    .int()
    .min(2)
    .max(2 ** 20),
  blockSize: z.number().int().min(1).max(64),
  parallelization: z.number().int().min(1).max(16),
  salt: z.base64(),
  cipher: z.literal('aes-256-gcm'),
  iv: z.base64(),
  tag: z.base64(),
  data: z.base64(),
})
export type SealedKey = z.infer<typeof sealedKey>

/** 128 MB and about half a second for each guess. */
const strength = { cost: 2 ** 17, blockSize: 8, parallelization: 1 }

/** Sealed keys are of this use only. */
const context = Buffer.from('tenantry installation key 1')

export async function sealKey(key: Buffer, passphrase: string): Promise<SealedKey> {
  const salt = randomBytes(16)
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', await derive(passphrase, salt, strength), iv)
  cipher.setAAD(context)
  const data = Buffer.concat([cipher.update(key), cipher.final()])
  return {
    kdf: 'scrypt',
    ...strength,
    salt: salt.toString('base64'),
    cipher: 'aes-256-gcm',
    iv: iv.toString('base64'),
    tag: cipher.getAuthTag().toString('base64'),
    data: data.toString('base64'),
  }
}

/** @throws AppError `invalid` when the passphrase is another one, or the text was altered */
export async function openSealedKey(sealed: SealedKey, passphrase: string): Promise<Buffer> {
  const key = await derive(passphrase, Buffer.from(sealed.salt, 'base64'), sealed)
  const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(sealed.iv, 'base64'))
  decipher.setAAD(context)
  decipher.setAuthTag(Buffer.from(sealed.tag, 'base64'))
  try {
    return Buffer.concat([decipher.update(Buffer.from(sealed.data, 'base64')), decipher.final()])
  } catch (cause) {
    throw new AppError('invalid', 'the passphrase does not open the installation key of this backup', {
      remedy: 'Set TENANTRY_BACKUP_PASSPHRASE to the one that the backup was made with.',
      cause,
    })
  }
}

function derive(
  passphrase: string,
  salt: Buffer,
  { cost, blockSize, parallelization }: { cost: number; blockSize: number; parallelization: number },
): Promise<Buffer> {
  const options = { cost, blockSize, parallelization, maxmem: 256 * cost * blockSize }
  return new Promise((done, failed) => {
    // Forms of one letter are alike whatever keyboard it was typed on.
    scrypt(passphrase.normalize('NFKC'), salt, 32, options, (error, key) =>
      error ? failed(error) : done(key),
    )
  })
}
