import { createHmac } from 'node:crypto'
import { z } from 'zod'
import { isSameSeal } from '../chain.ts'

/** The end of the chain at a moment, signed, for a place that the database cannot reach. */
export const anchorSchema = z.object({
  /** Number of the last event. */
  id: z.string().regex(/^\d{1,19}$/),
  hash: z.string(),
  /** ISO 8601, when it was written. */
  at: z.string(),
  /** HMAC-SHA-256 with the installation's key over the three. */
  seal: z.string(),
})

export type Anchor = z.infer<typeof anchorSchema>

export function sealAnchor(key: Buffer, anchor: Omit<Anchor, 'seal'>): Anchor {
  return { ...anchor, seal: sealOf(key, anchor) }
}

/** Whether this installation wrote it. */
export function isOwnAnchor(key: Buffer, anchor: Anchor): boolean {
  return isSameSeal(anchor.seal, sealOf(key, anchor))
}

function sealOf(key: Buffer, { id, hash, at }: Omit<Anchor, 'seal'>): string {
  return createHmac('sha256', key).update(`audit-anchor:${id}:${hash}:${at}`).digest('hex')
}
