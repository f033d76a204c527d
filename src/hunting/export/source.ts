import type { Column, Row } from '../results/model.ts'
import { rowUnifier } from '../results/unify-rows.ts'
import type { UnionColumn } from '../results/union-columns.ts'
import type { Ledger } from './ledger.ts'

/** Some rows of one tenant, in the columns of its own answer. */
export type ExportChunk = { tenantId: string; tenantName: string; columns: Column[]; rows: Row[] }

/** A result to be written: its columns over all tenants, its rows as they are read, and who answered. */
export type ExportSource = {
  /** from `unionColumns` */
  columns: UnionColumn[]
  chunks: AsyncIterable<ExportChunk> | Iterable<ExportChunk>
  ledger: Ledger
}

/** Rows handed on at once: enough that the steps around them cost little, few enough to keep the process responsive. */
const batchSize = 100

/** The rows of a source in its unified columns, in order, in lists of at most 100. */
export async function* unifiedRows({ columns, chunks }: ExportSource): AsyncGenerator<Row[]> {
  const unifiers = new Map<string, ReturnType<typeof rowUnifier>>()
  for await (const chunk of chunks) {
    const key = JSON.stringify(chunk.columns.map(({ name, type }) => [name, type]))
    const unify = unifiers.get(key) ?? rowUnifier(chunk.columns, columns)
    unifiers.set(key, unify)
    for (let from = 0; from < chunk.rows.length; from += batchSize) {
      yield chunk.rows.slice(from, from + batchSize).map(row => unify(chunk, row))
    }
  }
}
