import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import type { CallSurface } from '../call.ts'
import { readDocument } from '../wire/wire.ts'

export type HuntedRow = Record<string, unknown>
export type HuntedRows = { rows: HuntedRow[]; readAt: string }

/** Runs a query of our own in a tenant. @throws RemoteError */
export type ReadHuntedRows = (tenantId: string, query: string) => Promise<HuntedRows>

/** Long enough for whoever goes back and forth between pages, short enough to be called now. */
const keptMs = 60_000
const mostKept = 200

const answer = z.object({ results: z.array(z.record(z.string(), z.unknown())) })

/**
 * Small hunting queries for pages. They draw on the customer's own quota, so
 * the same question within a minute is asked once, also by callers that come
 * at the same time; their share of the rate is the quota `graph-devices`; and
 * one that has to wait for its turn gives up soon: somebody looks at a page.
 */
export function createHuntedRows(call: CallSurface, now: () => number = Date.now): ReadHuntedRows {
  const kept = new LRUCache<string, Promise<HuntedRows>>({
    max: mostKept,
    ttl: keptMs,
    perf: { now },
  })

  async function ask(tenantId: string, query: string): Promise<HuntedRows> {
    const readAt = new Date(now()).toISOString()
    const answered = await call({
      tenantId,
      surface: 'graph',
      method: 'POST',
      path: '/v1.0/security/runHuntingQuery',
      body: { Query: query },
      write: false,
      quota: 'graph-devices',
      quotaWaitMs: 10_000,
      timeoutMs: 30_000,
      // No time is left for a second try after a query that ran for all of it.
      deadlineMs: 40_000,
      attempts: 2,
    })
    return { rows: readDocument(answered, 'graph', answer, 'a hunting result').results, readAt }
  }

  return (tenantId, query) => {
    const key = `${tenantId} ${query}`
    const known = kept.get(key)
    if (known) return known
    const asked = ask(tenantId, query)
    kept.set(key, asked)
    asked.catch(() => {
      if (kept.peek(key) === asked) kept.delete(key)
    })
    return asked
  }
}
