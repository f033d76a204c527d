import type { Resealed } from '../../../installation/sealing/rotation.ts'
import type { Sealer } from '../../../installation/sealing/sealer.ts'
import type { Connections } from '../../../platform/database/connections/limit-connections.ts'
import { SealBroken, type SealingKey, sealedPrefix } from '../../../platform/sealing/envelope.ts'
import { chunkPlace } from './chunk-place.ts'

/** Chunks of one round; each is up to some hundred kilobytes. */
const batchSize = 32
/** As long as what `sealedPrefix` gives. */
const prefixBytes = 10

type ChunkRow = { huntId: string; tenantId: string; seq: number; data: Buffer }

const first = {
  huntId: '00000000-0000-0000-0000-000000000000',
  tenantId: '00000000-0000-0000-0000-000000000000',
  seq: -1,
}

/**
 * Seals stored rows with the given key that are sealed with another one, or
 * not at all, while they are read and written. Killed at any point it goes on
 * where it stood: what is done shows in the rows themselves.
 *
 * A value that was changed, or moved to another row, stays as it is and keeps
 * none of the others.
 *
 * @param onBatch hears how many were sealed so far
 */
export async function resealChunks(
  pool: Connections,
  sealer: Sealer,
  key: SealingKey,
  onBatch: (done: number) => void,
): Promise<Resealed> {
  let after = first
  let done = 0
  let broken = 0
  for (;;) {
    const { rows } = await pool.query<ChunkRow>(
      `SELECT "huntId", "tenantId", seq, data FROM "HuntChunk"
       WHERE ("huntId", "tenantId", seq) > ($1::uuid, $2::uuid, $3::int)
         AND substring(data FOR ${prefixBytes}) <> decode($4, 'hex')
       ORDER BY "huntId", "tenantId", seq LIMIT ${batchSize}`,
      [after.huntId, after.tenantId, after.seq, sealedPrefix(key.id)],
    )
    for (const row of rows) {
      try {
        if (await reseal(row)) done++
      } catch (error) {
        if (!(error instanceof SealBroken)) throw error
        broken++
      }
    }
    const last = rows.at(-1)
    if (!last) return { sealed: done, broken }
    after = last
    onBatch(done)
  }

  async function reseal(row: ChunkRow): Promise<boolean> {
    const place = chunkPlace(row)
    const sealed = sealer.seal(key, place, await sealer.open(place, row.data))
    // Only what was read: another process may have sealed it, or the hunt is gone.
    const { rowCount } = await pool.query(
      `UPDATE "HuntChunk" SET data = $4
       WHERE "huntId" = $1 AND "tenantId" = $2 AND seq = $3 AND substring(data FOR ${prefixBytes}) = $5`,
      [row.huntId, row.tenantId, row.seq, sealed, row.data.subarray(0, prefixBytes)],
    )
    return rowCount === 1
  }
}

/** Whether anything is sealed with one of these keys. */
export async function hasChunksOf(pool: Connections, keyIds: readonly string[]): Promise<boolean> {
  if (keyIds.length === 0) return false
  const { rows } = await pool.query<{ found: boolean }>(
    `SELECT EXISTS (SELECT 1 FROM "HuntChunk"
       WHERE substring(data FOR ${prefixBytes}) = ANY(SELECT decode(hex, 'hex') FROM unnest($1::text[]) AS k(hex))) AS found`,
    [keyIds.map(sealedPrefix)],
  )
  return rows[0]?.found ?? false
}
