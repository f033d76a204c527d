import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { encodeChunk } from '../../../src/hunting/results/chunks/chunk.ts'
import type { Column } from '../../../src/hunting/results/model.ts'
import { queryRows, streamRows } from '../../../src/hunting/results/reading/result-queries.ts'
import { buildResultTable, openResultTable } from '../../../src/hunting/results/reading/result-table.ts'
import { unionColumns } from '../../../src/hunting/results/union-columns.ts'

const columns = Array.from({ length: 70 }, (_, index): Column => ({ name: `C${index}`, type: 'string' }))
const union = unionColumns([{ tenantId: 't', columns }]).columns

test('a result of seventy columns is made ready, sorted and read within the memory that is allowed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tenantry-wide-'))
  const file = join(folder, 'wide.duckdb')
  const rows = Array.from({ length: 5000 }, (_, row) =>
    columns.map((_, column) => `value ${String(row).padStart(4, '0')} of column ${column}`),
  )
  const data = encodeChunk(columns, rows)
  async function* chunks() {
    for (let first = 0; first < 100_000; first += rows.length)
      yield { tenantId: 't', tenantName: 'T', first, data }
  }
  const scope = {
    columns: union.map((column, place) => ({ ...column, place })),
    tenantIds: null,
    filters: [],
  }
  const sort = { column: 'C5', descending: true }

  await buildResultTable(file, union, chunks())
  const instance = await openResultTable(file)
  const connection = await instance.connect()
  const page = await queryRows(connection, scope, { sort, offset: 50_000, limit: 3 })
  const streamed: unknown[] = []
  for await (const some of streamRows(connection, scope, sort)) {
    streamed.push(...some.map(row => row[7]))
    // Beyond what is sorted at once.
    if (streamed.length > 20_000) break
  }
  connection.closeSync()
  instance.close()
  await rm(folder, { recursive: true, force: true })

  expect(page.total).toBe(100_000)
  expect(page.rows.map(row => row[7])).toEqual(Array(3).fill('value 2499 of column 5'))
  expect(page.rows[0]).toHaveLength(72)
  const expected = rows.toReversed().flatMap(row => Array(20).fill(row[5]))
  expect(streamed).toEqual(expected.slice(0, streamed.length))
})
