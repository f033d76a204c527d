import { zstdDecompressSync } from 'node:zlib'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { parquetReadObjects } from 'hyparquet'
import { expect, test } from 'vitest'
import { writeExport } from '../../../src/hunting/results/export/write-export.ts'
import { analyst, ended, givenHunts, givenTenants, graphAnswer, query } from './stage.ts'

const dangerous = [
  "=cmd|' /C calc'!A0",
  '+1+1',
  '-2+3',
  '@SUM(A1)',
  '\tTab',
  '\rReturn',
  'a "quoted", text\r\nover lines',
  '<script>alert(1)</script>',
  '\'; DROP TABLE "HuntChunk"; --',
  '\u0000nul\u0000',
  '\ud800 alone',
  '😀'.repeat(50),
  '\u202eright to left',
  '$1 {{ it }} %s',
  ',"cells":[]',
  '\\ud800 in letters',
]

test('hostile text goes through storage, sorting and every export as it is, and runs nowhere', async () => {
  const { value: more } = fc.sample(
    fc.record({ value: fc.array(fc.string({ unit: 'binary' }), { minLength: 40, maxLength: 40 }) }),
    {
      numRuns: 1,
      seed: 4,
    },
  )[0] ?? { value: [] }
  const names = [...dangerous, ...more]
  const { db, hunts } = await givenHunts(() =>
    graphAnswer(
      names.map(name => ({ DeviceName: name, 'a"b\'c`,\n': name })),
      { DeviceName: 'String', 'a"b\'c`,\n': 'String' },
    ),
  )
  await givenTenants(db, 1, { name: '=HYPERLINK("http://evil.example")' })
  const { id } = await hunts.create(analyst, { query, tenants: 'all' })
  await ended(hunts, id)
  const read = async (format: Parameters<typeof writeExport>[0]) => {
    const pieces: Buffer[] = []
    for await (const piece of writeExport(format, await hunts.exportSource(analyst, id))) pieces.push(piece)
    return Buffer.concat(pieces)
  }

  const plain = (await hunts.page(analyst, id, { limit: 1_000 })).rows.map(row => row[2])
  const ndjson = (await read('ndjson')).toString().trimEnd().split('\n')
  const csv: string[][] = parse((await read('csv')).toString(), { relax_column_count: false })
  const file = await read('parquet')
  const parquet = await parquetReadObjects({
    file: new Uint8Array(file).buffer,
    compressors: { ZSTD: input => new Uint8Array(zstdDecompressSync(input)) },
  })
  const sorted = await hunts.page(analyst, id, { sort: { column: 'DeviceName' }, limit: 1_000 })
  const found = await hunts.page(analyst, id, {
    filters: [{ column: 'DeviceName', operator: 'equals', value: dangerous[8] ?? '' }],
  })

  expect(plain).toEqual(names)
  expect(ndjson.map(line => JSON.parse(line).DeviceName)).toEqual(names)
  const cells = csv.slice(1).flat()
  expect(cells.filter(cell => /^[=+@\t\r]/.test(cell) || /^-[^\d.]/.test(cell))).toEqual([])
  expect(csv).toHaveLength(names.length + 1)
  expect(parquet.map(row => row.DeviceName)).toEqual(names.map(name => name.toWellFormed()))
  expect(sorted.rows.map(row => row[2]).toSorted()).toEqual(names.map(name => name.toWellFormed()).toSorted())
  expect(found.rows.map(row => row[2])).toEqual([dangerous[8]])
  expect(await db.huntChunk.count()).toBe(1)
})
