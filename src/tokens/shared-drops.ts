import { z } from 'zod'
import type { Surface } from '../clouds/clouds.ts'
import type { Tokens } from './index.ts'

/** Tokens of a tenant that no process may go on using. */
export const tokenDrop = z.object({
  tenantId: z.guid(),
  /** Null: of every surface. */
  surface: z.enum(['graph', 'defender', 'endpoint']).nullable(),
})
export type TokenDrop = z.infer<typeof tokenDrop>

/**
 * An API that rejects every token would otherwise have all processes drop and
 * mint by turns, as fast as calls are made.
 */
const rejectionPauseMs = 60_000
const mostRemembered = 10_000

export type SharedDrops = {
  /** The same tokens; what is dropped here, or rejected by an API, is told to the other processes. */
  tokens: Tokens
  /** Another process dropped them. */
  hear(drop: TokenDrop): void
  /** Drops may have been missed: nothing that is held can be relied on. */
  missed(): void
}

/**
 * Lets the drops of one process hold for all that share the database: consent
 * that changed, a tenant that left, a token that an API calls wrong.
 *
 * @param tell hands a drop to the other processes
 */
export function shareDrops(
  own: Tokens,
  tell: (drop: TokenDrop) => void,
  now: () => number = Date.now,
): SharedDrops {
  const rejections = new Map<string, number>()

  function isNews(tenantId: string, surface: Surface): boolean {
    const key = `${tenantId} ${surface}`
    const last = rejections.get(key)
    if (last !== undefined && now() - last < rejectionPauseMs) return false
    rejections.delete(key)
    rejections.set(key, now())
    if (rejections.size > mostRemembered) rejections.delete(rejections.keys().next().value ?? '')
    return true
  }

  return {
    tokens: {
      ...own,
      drop(tenantId, surface) {
        own.drop(tenantId, surface)
        tell({ tenantId: tenantId.toLowerCase(), surface: surface ?? null })
      },
      rejected(token) {
        own.rejected(token)
        const { tenantId, surface } = token
        if (isNews(tenantId, surface)) tell({ tenantId, surface })
      },
    },
    hear({ tenantId, surface }) {
      own.drop(tenantId, surface ?? undefined)
    },
    missed: own.dropAll,
  }
}
