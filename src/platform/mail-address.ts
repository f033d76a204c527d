import addressparser from 'nodemailer/lib/addressparser'
import { z } from 'zod'

/**
 * One plain address, lower-cased in its domain. No display name, list or group
 * hides in it, and no character that a header could end with.
 *
 * @returns null for anything else
 * @see RFC 5321, section 4.1.2; RFC 5322, section 3.4.1
 */
export function readAddress(text: string): string | null {
  const address = text.trim()
  if (!z.email().max(254).safeParse(address).success) return null
  const parsed = addressparser(address)
  if (parsed.length !== 1 || !parsed[0] || !('address' in parsed[0]) || parsed[0].address !== address)
    return null
  const at = address.lastIndexOf('@')
  return address.slice(0, at + 1) + address.slice(at + 1).toLowerCase()
}
