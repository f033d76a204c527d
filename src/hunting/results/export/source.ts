import type { Column, Row } from '../model.ts'
import { rowUnifier } from '../unify-rows.ts'
import type { UnionColumn } from '../union-columns.ts'
import type { ExportCoverage } from './coverage.ts'

/** Some rows of one tenant, in the columns of its own answer. */
export type ExportChunk = { tenantId: string; tenantName: string; columns: Column[]; rows: Row[] }

/** A result to be written: its columns over all tenants, its rows as they are read, and who answered. */
export type ExportSource = {
  /** from `unionColumns` */
  columns: UnionColumn[]
  coverage: ExportCoverage
} & (
  | { chunks: AsyncIterable<ExportChunk> | Iterable<ExportChunk> }
  /** Rows that have these columns already, as a selection of a result has. */
  | { rows: AsyncIterable<Row[]> }
)

/** Rows handed on at once: enough that the steps around them cost little, few enough to keep the process responsive. */
const batchSize = 100

/** The rows of a source in its unified columns, in order, in lists of at most 100. */
export async function* unifiedRows(source: ExportSource): AsyncGenerator<Row[]> {
  if ('rows' in source) {
    for await (const rows of source.rows) yield* batchesOf(rows)
    return
  }
  const { columns, chunks } = source
  const unifiers = new Map<string, ReturnType<typeof rowUnifier>>()
  for await (const chunk of chunks) {
    const key = JSON.stringify(chunk.columns.map(({ name, type }) => [name, type]))
    const unify = unifiers.get(key) ?? rowUnifier(chunk.columns, columns)
    unifiers.set(key, unify)
    for (const rows of batchesOf(chunk.rows)) yield rows.map(row => unify(chunk, row))
  }
}

function* batchesOf(rows: Row[]): Generator<Row[]> {
  for (let from = 0; from < rows.length; from += batchSize) yield rows.slice(from, from + batchSize)
}
