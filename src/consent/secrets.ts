import { createHash, createHmac, randomBytes } from 'node:crypto'

/**
 * Everything secret in a consent journey derives from the installation's key,
 * so that no row holds a secret: links and states are kept as hashes, the PKCE
 * verifier and the nonce are computed again when they are needed.
 */
function derive(key: Buffer, purpose: string, of: string): string {
  return createHmac('sha256', key).update(`${purpose}:${of}`).digest('base64url')
}

/** The secret part of a customer's link, 43 characters. */
export function joinToken(key: Buffer, invitationId: string): string {
  return derive(key, 'join', invitationId)
}

/** A fresh `state`: 32 random bytes. Base64url, as Entra strips anything that looks like HTML. */
export function newState(): string {
  return randomBytes(32).toString('base64url')
}

/** PKCE verifier of the sign-in that proves a consent. */
export function proofVerifier(key: Buffer, state: string): string {
  return derive(key, 'proof verifier', state)
}

/** Nonce of the same sign-in. */
export function proofNonce(key: Buffer, state: string): string {
  return derive(key, 'proof nonce', state)
}

/** How links, states and browser cookies are kept and looked up. They are random, so one round suffices. */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}
