import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import { failure } from '../../errors.ts'
import type { Surface } from '../clouds/clouds.ts'
import type { Tokens } from './index.ts'

/** What one process learned about tokens and the others must know. */
export const tokenNews = z.discriminatedUnion('kind', [
  z.object({
    /** No process may go on using a tenant's tokens, of one surface or of all. */
    kind: z.literal('drop'),
    tenantId: z.guid(),
    surface: z.enum(['graph', 'defender', 'endpoint']).nullable(),
  }),
  z.object({
    /** Entra refused one of our credentials, named by its label. */
    kind: z.literal('credential-refused'),
    credential: z.string(),
    failure,
  }),
])
export type TokenNews = z.infer<typeof tokenNews>

/**
 * An API that rejects every token would otherwise have all processes drop and
 * mint by turns, as fast as calls are made.
 */
const rejectionPauseMs = 60_000
const mostRemembered = 10_000

export type SharedTokens = {
  /** The same tokens; what is dropped here, or rejected by an API, is told to the other processes. */
  tokens: Tokens
  /** Another process has learned something. */
  hear(news: TokenNews): void
  /** News may have been missed: nothing that is held can be relied on. */
  missed(): void
}

/**
 * Lets what one process learns hold for all that share the database: consent
 * that changed, a tenant that left, a token that an API calls wrong, a
 * credential that was refused.
 *
 * @param tell hands news to the other processes
 */
export function shareTokens(
  own: Tokens,
  tell: (news: TokenNews) => void,
  now: () => number = Date.now,
): SharedTokens {
  const rejections = new LRUCache<string, number>({ max: mostRemembered })

  function isNews(tenantId: string, surface: Surface): boolean {
    const key = `${tenantId} ${surface}`
    const last = rejections.get(key)
    if (last !== undefined && now() - last < rejectionPauseMs) return false
    rejections.set(key, now())
    return true
  }

  return {
    tokens: {
      ...own,
      drop(tenantId, surface) {
        own.drop(tenantId, surface)
        tell({ kind: 'drop', tenantId: tenantId.toLowerCase(), surface: surface ?? null })
      },
      rejected(token) {
        own.rejected(token)
        const { tenantId, surface } = token
        if (isNews(tenantId, surface)) tell({ kind: 'drop', tenantId, surface })
      },
    },
    hear(news) {
      if (news.kind === 'drop') own.drop(news.tenantId, news.surface ?? undefined)
      else own.noteRefusal(news.credential, news.failure)
    },
    missed: own.dropAll,
  }
}
