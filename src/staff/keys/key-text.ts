import { createHash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

const prefix = 'tnt_'
const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** Digits that 256 bits, and 32 bits, take in base 62. */
const secretDigits = 43
const checkDigits = 6

/**
 * Keys as they are made now: `tnt_`, 43 letters and digits of 256 random bits,
 * and 6 that check them. So a scanner for leaked secrets finds them by
 * `tnt_[0-9A-Za-z]{49}` and is certain without asking anybody.
 */
const current = /^tnt_[0-9A-Za-z]{49}$/
/** Keys of earlier versions: 32 bytes in base64url, without a check. */
const earlier = /^tnt_[0-9A-Za-z_-]{43}$/

export function newKeyText(random: (bytes: number) => Buffer = randomBytes): string {
  const secret = toBase62(BigInt(`0x${random(32).toString('hex')}`), secretDigits)
  return prefix + secret + checkOf(secret)
}

/** Whether a text can be a key at all; what cannot is not looked up. */
export function isKeyText(text: string): boolean {
  if (!current.test(text)) return earlier.test(text)
  const end = prefix.length + secretDigits
  return checkOf(text.slice(prefix.length, end)) === text.slice(end)
}

/** What a row keeps of a key. 256 random bits need no slow hash: there is nothing to guess. */
export function keyHash(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** The CRC-32 of the secret's digits as ASCII, in base 62. */
function checkOf(secret: string): string {
  return toBase62(BigInt(crc32(secret)), checkDigits)
}

function toBase62(value: bigint, length: number): string {
  let text = ''
  for (let rest = value; rest > 0n; rest /= 62n) text = digits.charAt(Number(rest % 62n)) + text
  return text.padStart(length, digits.charAt(0))
}
