import type { Database } from '../../../platform/database/index.ts'
import { encodeChunk } from '../../results/chunks/chunk.ts'
import type { ExportChunk } from '../../results/export/source.ts'
import type { Column, Row } from '../../results/model.ts'
import { rowHasher } from './row-hash.ts'
import {
  completeFinding,
  type NewFinding,
  presentTenants,
  rememberAnswers,
  rememberHashes,
  takeFinding,
} from './seen-store.ts'

/** New rows of a tenant that are kept with a run; the hunt has them all. */
export const mostKeptRows = 1000

/** Rows whose hashes are looked up at once. */
const batchSize = 2000

/**
 * Compares one tenant's answer with what was seen before and keeps what is
 * new, all in one transaction: a process that dies leaves the answer to the
 * next one as if it had never been looked at.
 *
 * @param chunks the tenant's rows
 * @returns new rows; null when another process has done it
 */
export async function noteAnswer(
  db: Database,
  { scheduleId, keyColumns }: { scheduleId: string; keyColumns: readonly string[] },
  finding: NewFinding & { tenantId: string },
  chunks: AsyncIterable<ExportChunk>,
  now: Date,
): Promise<number | null> {
  const { tenantId, runId } = finding
  return db.$transaction(
    async tx => {
      if ((await presentTenants(tx, [tenantId])).size === 0) return null
      if (!(await takeFinding(tx, finding))) return null
      await rememberAnswers(tx, scheduleId, [tenantId], now)

      let newCount = 0
      let columns: Column[] | null = null
      const kept: Row[] = []
      for await (const chunk of chunks) {
        columns ??= chunk.columns
        const align = aligner(chunk.columns, columns)
        const hashOf = rowHasher(chunk.columns, keyColumns)
        for (let from = 0; from < chunk.rows.length; from += batchSize) {
          const rows = chunk.rows.slice(from, from + batchSize)
          const byHash = new Map<string, { hash: Buffer; row: Row }>()
          for (const row of rows) {
            const hash = hashOf(row)
            const key = hash.toString('hex')
            if (!byHash.has(key)) byHash.set(key, { hash, row })
          }
          const hashes = [...byHash.values()].map(({ hash }) => hash)
          const unknown = await rememberHashes(tx, { scheduleId, tenantId }, hashes, now)
          newCount += unknown.size
          for (const [key, { row }] of byHash) {
            if (kept.length >= mostKeptRows) break
            if (unknown.has(key)) kept.push(align(row))
          }
        }
      }
      // The first answer is taken note of, not shown: the hunt has it.
      const keeps = !finding.isBaseline && kept.length > 0
      await completeFinding(
        tx,
        { runId, tenantId },
        {
          newCount,
          keptCount: keeps ? kept.length : 0,
          rows: keeps ? new Uint8Array(encodeChunk(columns ?? [], kept)) : null,
        },
      )
      return newCount
    },
    { timeout: 300_000, maxWait: 60_000 },
  )
}

/** Slices of one answer have the same columns; should a service order them otherwise, they are put in place. */
function aligner(from: Column[], to: Column[]): (row: Row) => Row {
  const indexes = to.map(({ name }) => from.findIndex(column => column.name === name))
  if (indexes.every((from, to) => from === to)) return row => row
  return row => indexes.map(index => row[index] ?? null)
}
