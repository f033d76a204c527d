import type { Row } from '../../../src/hunting/results/model.ts'
import { analyst, ended, givenHunts, givenTenants, graphAnswer, query } from './stage.ts'

export const schema = {
  Timestamp: 'DateTime',
  FileName: 'String',
  Size: 'Int64',
  Score: 'Double',
  Is64: 'SByte',
  More: 'Object',
}

export const rows = [
  {
    Timestamp: '2026-11-20T10:00:00Z',
    FileName: 'b.exe',
    Size: 10,
    Score: 1.5,
    Is64: true,
    More: { a: [1, 2.5] },
  },
  {
    Timestamp: '2026-11-20T10:00:00.5Z',
    FileName: 'A.exe',
    Size: 9007199254740993n,
    Score: null,
    Is64: 0,
    More: null,
  },
  {
    Timestamp: '2026-11-20T12:30:00.1234567Z',
    FileName: 'ü"\\\u0000é',
    Size: -1,
    Score: 'NaN',
    Is64: null,
    More: 'x',
  },
  { Timestamp: null, FileName: '', Size: null, Score: -0.25, Is64: false, More: [] },
]

// The number that a double cannot hold is put in as text.
export const text = graphAnswer(
  rows.map(row => ({ ...row, Size: row.Size === null ? null : Number(row.Size) })),
  schema,
).replace('9007199254740992', '9007199254740993')

export async function givenResult(count = 2) {
  const stage = await givenHunts(() => text)
  const ids = await givenTenants(stage.db, count)
  const { id } = await stage.hunts.create(analyst, { query, tenants: 'all' })
  await ended(stage.hunts, id)
  const sorted = async (column: string, descending = false) =>
    (await stage.hunts.page(analyst, id, { sort: { column, descending } })).rows
  return { ...stage, ids, id, sorted }
}

export async function allOf(batches: AsyncIterable<Row[]>): Promise<Row[]> {
  const rows: Row[] = []
  for await (const batch of batches) rows.push(...batch)
  return rows
}
