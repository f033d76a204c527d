import { createHash } from 'node:crypto'
import { deriveSecret } from '../installation/key.ts'

/** The secret part of a customer's link, 43 characters. */
export function joinToken(key: Buffer, invitationId: string): string {
  return deriveSecret(key, 'join', invitationId)
}

/** How links, states and browser cookies are kept and looked up. They are random, so one round suffices. */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}
