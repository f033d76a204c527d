import { Prisma } from '../../../generated/prisma/client.ts'
import type { Sealer } from '../../../installation/sealing/sealer.ts'
import type { Connections } from '../../../platform/database/connections/limit-connections.ts'
import type { Actor } from '../../../tenants/actor.ts'
import { visibleTenants } from '../../../tenants/visible-store.ts'
import { chunkPlace } from '../chunks/chunk-place.ts'
import type { Column } from '../model.ts'

/** Where a stored chunk stands in the result: rows `first` to `first + rowCount - 1`. */
export type ChunkPosition = {
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
  positions(actor: Actor, huntId: string, range?: { offset: number; limit: number }): Promise<ChunkPosition[]>
  /** @returns the bytes in the order asked; null for one that was removed meanwhile */
  data(huntId: string, positions: Pick<ChunkPosition, 'tenantId' | 'seq'>[]): Promise<(Buffer | null)[]>
}

/** @param sealer opens what was sealed */
export function createReadingStore(pool: Connections, sealer: Sealer): ReadingStore {
  return {
    async columns(actor, huntId) {
      // As text and with ids in no order, so that nothing wide is sorted: a third of the time at 10,000 tenants.
      const { text, values } = Prisma.sql`
        SELECT (k.columns::text)::jsonb AS columns, array_agg(k."tenantId") AS "tenantIds"
        FROM "HuntTask" k JOIN "Tenant" t ON t.id = k."tenantId"
        WHERE k."huntId" = ${huntId}::uuid AND jsonb_typeof(k.columns) = 'array' AND ${visibleTenants(actor)}
        GROUP BY k.columns::text ORDER BY min(k."tenantName"), min(k."tenantId"::text)`
      const { rows } = await pool.query<SharedColumns>(text, values)
      return rows
    },

    async positions(actor, huntId, range) {
      const within = range
        ? Prisma.sql`first < ${range.offset + range.limit}::float8 AND first + "rowCount" > ${range.offset}::float8`
        : Prisma.sql`TRUE`
      const { text, values } = Prisma.sql`
        SELECT * FROM (
          SELECT c."tenantId", k."tenantName", c.seq, c."rowCount", octet_length(c.data) AS bytes,
            (sum(c."rowCount") OVER (ORDER BY k."tenantName", k."tenantId", c.seq) - c."rowCount")::float8 AS first
          FROM "HuntChunk" c
          JOIN "HuntTask" k ON k."huntId" = c."huntId" AND k."tenantId" = c."tenantId"
          JOIN "Tenant" t ON t.id = c."tenantId"
          WHERE c."huntId" = ${huntId}::uuid AND ${visibleTenants(actor)}
        ) placed
        WHERE ${within} ORDER BY first`
      const { rows } = await pool.query<ChunkPosition>(text, values)
      return rows
    },

    async data(huntId, positions) {
      const { rows } = await pool.query<{ place: string; data: Buffer }>({
        name: 'hunts-chunks',
        text: `SELECT (p.place - 1)::int AS place, c.data
               FROM unnest($2::uuid[], $3::int[]) WITH ORDINALITY AS p(tenant, seq, place)
               JOIN "HuntChunk" c ON c."huntId" = $1 AND c."tenantId" = p.tenant AND c.seq = p.seq`,
        values: [huntId, positions.map(({ tenantId }) => tenantId), positions.map(({ seq }) => seq)],
      })
      const found = new Map(rows.map(({ place, data }) => [Number(place), data]))
      return Promise.all(
        positions.map(async (position, index) => {
          const data = found.get(index)
          return data ? await sealer.open(chunkPlace({ huntId, ...position }), data) : null
        }),
      )
    },
  }
}
