import type { Coverage } from '../../../../src/hunting/results/export/coverage.ts'
import type { ExportChunk } from '../../../../src/hunting/results/export/source.ts'
import { type ExportFormat, writeExport } from '../../../../src/hunting/results/export/write-export.ts'
import type { Column, Row } from '../../../../src/hunting/results/model.ts'
import { unionColumns } from '../../../../src/hunting/results/union-columns.ts'

/** The tenant of every chunk. */
export const tenantId = '11111111-1111-4111-8111-111111111111'

export const coverage: Coverage = {
  asked: 3,
  answered: 2,
  empty: 1,
  failed: [
    {
      name: 'role_missing',
      reason: 'the role ThreatHunting.Read.All is missing',
      tenants: 1,
      isExpected: true,
    },
  ],
  truncated: 0,
  waiting: 0,
  waitingUntil: null,
  canceled: 0,
  rows: 2,
}

/** An answer of one tenant. */
export function chunk(columns: Column[], rows: Row[], tenantName = 'Bakery'): ExportChunk {
  return { tenantId, tenantName, columns, rows }
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

export async function bytesOf(format: ExportFormat, chunks: ExportChunk[]): Promise<Buffer> {
  const { columns } = unionColumns(chunks)
  return Buffer.concat(await collect(writeExport(format, { columns, chunks, coverage })))
}

/** The whole export as text. */
export async function written(format: ExportFormat, chunks: ExportChunk[]): Promise<string> {
  return (await bytesOf(format, chunks)).toString()
}
