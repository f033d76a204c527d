import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { buildResultTable, openResultTable } from '../../../src/hunting/hunts/reading/result-table.ts'
import { encodeChunk } from '../../../src/hunting/results/chunk.ts'
import type { Column } from '../../../src/hunting/results/model.ts'
import { unionColumns } from '../../../src/hunting/results/union-columns.ts'

test('a result of seventy columns is made ready for sorting within the memory that is allowed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tenantry-wide-'))
  const file = join(folder, 'wide.duckdb')
  const columns = Array.from({ length: 70 }, (_, index): Column => ({ name: `C${index}`, type: 'string' }))
  async function* chunks() {
    for (let first = 0; first < 10_000; first += 5000) {
      const rows = Array.from({ length: 5000 }, (_, row) =>
        columns.map((_, column) => `value ${first + row} of column ${column}`),
      )
      yield { tenantId: 't', tenantName: 'T', first, data: encodeChunk(columns, rows) }
    }
  }

  await buildResultTable(file, unionColumns([{ tenantId: 't', columns }]).columns, chunks())

  const instance = await openResultTable(file)
  const connection = await instance.connect()
  const found = await connection.runAndReadAll('SELECT count(*), max(c71) FROM r WHERE n = 9999')
  expect(found.getRows()).toEqual([[1n, 'value 9999 of column 69']])
  connection.closeSync()
  instance.closeSync()
  await rm(folder, { recursive: true, force: true })
})
