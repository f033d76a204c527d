import type pg from 'pg'
import type { Actor } from '../../../tenants/actor.ts'
import type { Column } from '../../results/model.ts'

/** Where a stored chunk stands in the result: rows `first` to `first + rowCount - 1`. */
export type ChunkPlace = {
  tenantId: string
  tenantName: string
  seq: number
  rowCount: number
  first: number
  bytes: number
}

/** Columns that some tenants' answers have in common. */
export type SharedColumns = { columns: Column[]; tenantIds: string[] }

/**
 * Reads of stored results. The order is the same everywhere: tenant's name,
 * tenant's id, place in the answer. By plain `pg`, since chunks are bytes that
 * should not be turned into text on their way.
 */
export type ReadingStore = {
  columns(actor: Actor, huntId: string): Promise<SharedColumns[]>
  /** Chunks that hold any of the rows from `offset` on, all of them without `limit`. */
  places(actor: Actor, huntId: string, range?: { offset: number; limit: number }): Promise<ChunkPlace[]>
  /** @returns the bytes in the order asked; null for one that was removed meanwhile */
  data(huntId: string, places: Pick<ChunkPlace, 'tenantId' | 'seq'>[]): Promise<(Buffer | null)[]>
}

export function createReadingStore(pool: pg.Pool): ReadingStore {
  return {
    async columns(actor, huntId) {
      // As text and with ids in no order, so that nothing wide is sorted: a third of the time at 10,000 tenants.
      const { rows } = await pool.query<SharedColumns>(
        `SELECT (k.columns::text)::jsonb AS columns, array_agg(k."tenantId") AS "tenantIds"
         FROM "HuntTask" k JOIN "Tenant" t ON t.id = k."tenantId"
         WHERE k."huntId" = $1 AND jsonb_typeof(k.columns) = 'array' AND ${visibleIn('$2')}
         GROUP BY k.columns::text ORDER BY min(k."tenantName"), min(k."tenantId"::text)`,
        [huntId, actor.limitedToTags],
      )
      return rows
    },

    async places(actor, huntId, range) {
      const { rows } = await pool.query<ChunkPlace>(
        `SELECT * FROM (
           SELECT c."tenantId", k."tenantName", c.seq, c."rowCount", octet_length(c.data) AS bytes,
             (sum(c."rowCount") OVER (ORDER BY k."tenantName", k."tenantId", c.seq) - c."rowCount")::float8 AS first
           FROM "HuntChunk" c
           JOIN "HuntTask" k ON k."huntId" = c."huntId" AND k."tenantId" = c."tenantId"
           JOIN "Tenant" t ON t.id = c."tenantId"
           WHERE c."huntId" = $1 AND ${visibleIn('$2')}
         ) placed
         WHERE $3::float8 IS NULL OR (first < $3 + $4 AND first + "rowCount" > $3) ORDER BY first`,
        [huntId, actor.limitedToTags, range?.offset ?? null, range?.limit ?? null],
      )
      return rows
    },

    async data(huntId, places) {
      const { rows } = await pool.query<{ place: string; data: Buffer }>({
        name: 'hunts-chunks',
        text: `SELECT (p.place - 1)::int AS place, c.data
               FROM unnest($2::uuid[], $3::int[]) WITH ORDINALITY AS p(tenant, seq, place)
               JOIN "HuntChunk" c ON c."huntId" = $1 AND c."tenantId" = p.tenant AND c.seq = p.seq`,
        values: [huntId, places.map(({ tenantId }) => tenantId), places.map(({ seq }) => seq)],
      })
      const found = new Map(rows.map(({ place, data }) => [Number(place), data]))
      return places.map((_, index) => found.get(index) ?? null)
    },
  }
}

/** SQL's form of `visibleTo`, on the tenant `t`; no tags mean no limit. */
function visibleIn(parameter: string): string {
  return `(cardinality(${parameter}::text[]) = 0 OR t.tags && ${parameter}::text[])`
}
