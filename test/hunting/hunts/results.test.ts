import { expect, test } from 'vitest'
import { unifiedRows } from '../../../src/hunting/export/source.ts'
import type { Row } from '../../../src/hunting/results/model.ts'
import { admin, givenTenant, limitedTo } from '../../tenants/givens.ts'
import {
  analyst,
  ended,
  givenHunts,
  givenTenants,
  graphAnswer,
  huntingRole,
  query,
  refusalOf,
} from './stage.ts'

const schema = {
  Timestamp: 'DateTime',
  FileName: 'String',
  Size: 'Int64',
  Score: 'Double',
  Is64: 'SByte',
  More: 'Object',
}
const rows = [
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
const text = graphAnswer(
  rows.map(row => ({ ...row, Size: row.Size === null ? null : Number(row.Size) })),
  schema,
).replace('9007199254740992', '9007199254740993')

async function givenResult(count = 2) {
  const stage = await givenHunts(() => text)
  const ids = await givenTenants(stage.db, count)
  const { id } = await stage.hunts.create(analyst, { query, tenants: 'all' })
  await ended(stage.hunts, id)
  const sorted = async (column: string, descending = false) =>
    (await stage.hunts.page(analyst, id, { sort: { column, descending } })).rows
  return { ...stage, ids, id, sorted }
}

test('sorted rows are the same rows as unsorted ones, to the last digit', async () => {
  const { hunts, id, sorted } = await givenResult()

  const plain = await hunts.page(analyst, id)
  const bySize = await sorted('Size')

  const key = (list: unknown[]) =>
    list
      .map(row =>
        JSON.stringify(row, (_, v) => (typeof v === 'bigint' ? `${v}n` : Number.isNaN(v) ? 'NaN' : v)),
      )
      .toSorted()
  expect(key(bySize)).toEqual(key(plain.rows))
  expect(bySize.map(row => row[4])).toEqual([
    -1,
    -1,
    10,
    10,
    9007199254740993n,
    9007199254740993n,
    null,
    null,
  ])
})

test('times sort as times, whatever their decimals', async () => {
  const { sorted } = await givenResult(1)

  const times = (await sorted('Timestamp', true)).map(row => row[2])

  expect(times).toEqual([
    '2026-11-20T12:30:00.1234567Z',
    '2026-11-20T10:00:00.5Z',
    '2026-11-20T10:00:00Z',
    null,
  ])
})

test.each([
  [{ column: 'FileName', operator: 'contains', value: 'EXE' }, 2],
  [{ column: 'FileName', operator: 'equals', value: 'A.exe' }, 1],
  [{ column: 'FileName', operator: 'notEquals', value: 'A.exe' }, 3],
  [{ column: 'FileName', operator: 'equals', value: "x' OR '1'='1" }, 0],
  [{ column: 'FileName', operator: 'isEmpty' }, 1],
  [{ column: 'Size', operator: 'greater', value: '9007199254740992' }, 1],
  [{ column: 'Size', operator: 'lessOrEqual', value: '10' }, 2],
  [{ column: 'Timestamp', operator: 'less', value: '2026-11-20T10:00:00.1' }, 1],
  [{ column: 'Timestamp', operator: 'greaterOrEqual', value: '2026-11-20T12' }, 1],
  [{ column: 'Is64', operator: 'equals', value: 'false' }, 2],
  [{ column: 'More', operator: 'contains', value: '2.5' }, 1],
  [{ column: 'TenantName', operator: 'startsWith', value: 'tenant' }, 4],
] as const)('a filter finds its rows: %j', async (filter, count) => {
  const { hunts, id } = await givenResult(1)

  const page = await hunts.page(analyst, id, { filters: [filter] })

  expect(page.total).toBe(count)
  expect(page.rows).toHaveLength(count)
})

test('a filter that cannot be is refused with what is wrong', async () => {
  const { hunts, id } = await givenResult(1)

  const unknown = await refusalOf(hunts.page(analyst, id, { sort: { column: 'c0; DROP TABLE r' } }))
  const misfit = await refusalOf(
    hunts.page(analyst, id, { filters: [{ column: 'Size', operator: 'less', value: 'much' }] }),
  )

  expect([unknown.code, misfit.code]).toEqual(['invalid', 'invalid'])
  expect(misfit.message).toMatch(/"Size".*a number/)
})

test('groups come rarest first, with rows, tenants and measures', async () => {
  const { db, hunts } = await givenHunts(id =>
    graphAnswer(
      [
        { F: 'common', N: 1 },
        { F: 'common', N: 3 },
        ...(id.startsWith('a0000000') ? [{ F: 'odd', N: 7 }] : []),
      ],
      { F: 'String', N: 'Int64' },
    ),
  )
  await givenTenant(db, { id: 'a0000000-0000-4000-8000-000000000001', rolesGranted: [huntingRole] })
  await givenTenant(db, { id: 'b0000000-0000-4000-8000-000000000001', rolesGranted: [huntingRole] })
  const { id } = await hunts.create(analyst, { query, tenants: 'all' })
  await ended(hunts, id)

  const found = await hunts.groups(analyst, id, { columns: ['F'], measure: 'N' })

  expect(found).toMatchObject({ total: 2, nextOffset: null })
  expect(found.groups).toEqual([
    { values: ['odd'], count: 1, tenants: 1, measure: { sum: 7, mean: 7, min: 7, max: 7 } },
    { values: ['common'], count: 4, tenants: 2, measure: { sum: 8, mean: 2, min: 1, max: 3 } },
  ])
})

test('rows over time fall into buckets, and rows without a time are counted', async () => {
  const { hunts, id } = await givenResult(1)

  const timeline = await hunts.timeline(analyst, id, { buckets: 6 })

  expect(timeline).toEqual({
    column: 'Timestamp',
    from: '2026-11-20T10:00:00.000Z',
    stepMs: 1_800_000,
    counts: [2, 0, 0, 0, 0, 1],
    withoutTime: 1,
  })
})

test('types that differ are resolved where everybody sees it', async () => {
  const { db, hunts } = await givenHunts(id =>
    id.startsWith('a0000000')
      ? graphAnswer([{ V: 5, Own: 1 }], { V: 'Int64', Own: 'Int32' })
      : graphAnswer([{ V: 'five' }], { V: 'String' }),
  )
  await givenTenant(db, {
    id: 'a0000000-0000-4000-8000-000000000001',
    name: 'A',
    rolesGranted: [huntingRole],
  })
  await givenTenant(db, {
    id: 'b0000000-0000-4000-8000-000000000001',
    name: 'B',
    rolesGranted: [huntingRole],
  })
  const { id } = await hunts.create(analyst, { query, tenants: 'all' })
  await ended(hunts, id)

  const plain = await hunts.page(analyst, id)
  const sorted = await hunts.page(analyst, id, { sort: { column: 'V' } })

  expect(plain.conflicts).toMatchObject([{ name: 'V', resolvedTo: 'string' }])
  expect(plain.rows.map(row => row.slice(1))).toEqual([
    ['A', '5', 1],
    ['B', 'five', null],
  ])
  expect(sorted.rows).toEqual(plain.rows)
})

test('whoever is limited by tags sees the rows, groups and columns of those tenants alone', async () => {
  const { db, hunts } = await givenHunts(id =>
    id.startsWith('a0000000')
      ? graphAnswer([{ A: 1 }], { A: 'Int64' })
      : graphAnswer([{ B: 2 }], { B: 'Int64' }),
  )
  await givenTenant(db, {
    id: 'a0000000-0000-4000-8000-000000000001',
    name: 'A',
    tags: ['gold'],
    rolesGranted: [huntingRole],
  })
  await givenTenant(db, {
    id: 'b0000000-0000-4000-8000-000000000001',
    name: 'B',
    rolesGranted: [huntingRole],
  })
  const { id } = await hunts.create(analyst, { query, tenants: 'all' })
  await ended(hunts, id)
  const limited = limitedTo('gold')

  const view = await hunts.get(limited, id)
  const plain = await hunts.page(limited, id)
  const sorted = await hunts.page(limited, id, { sort: { column: 'TenantName' } })
  const groups = await hunts.groups(limited, id, { columns: ['TenantName'] })
  const ledger = await hunts.ledger(limited, id)
  const hidden = await refusalOf(hunts.page(limited, id, { sort: { column: 'B' } }))
  const excerpt = await hunts.exportSource(limited, id, { sort: { column: 'TenantName' } })
  const exported = await allOf(unifiedRows(excerpt))

  expect(view).toMatchObject({ counts: { total: 1, succeeded: 1 }, rowCount: 1, tenants: [{ name: 'A' }] })
  expect(plain.rows.map(row => row.slice(1))).toEqual([['A', 1]])
  expect(sorted.rows).toEqual(plain.rows)
  expect(sorted.columns.map(({ name }) => name)).toEqual(['TenantId', 'TenantName', 'A'])
  expect(groups.groups.map(({ values }) => values)).toEqual([['A']])
  expect(ledger).toMatchObject({ asked: 1, answered: 1, rows: 1 })
  expect(hidden.code).toBe('invalid')
  expect(exported).toEqual(plain.rows)
  expect(excerpt.ledger).toMatchObject({ asked: 1, rows: 1 })
  expect((await refusalOf(hunts.get(limitedTo('silver'), id))).code).toBe('not_found')
})

test('an export of a selection has the rows of its page, in their order, to the last digit', async () => {
  const { hunts, id } = await givenResult()
  const selection = {
    filters: [{ column: 'Size', operator: 'isNotEmpty' } as const],
    sort: { column: 'Size', descending: true },
  }

  const page = await hunts.page(analyst, id, selection)
  const source = await hunts.exportSource(analyst, id, selection)
  const exported = await allOf(unifiedRows(source))
  const broken = unifiedRows(await hunts.exportSource(analyst, id, selection))
  await broken.next()
  await broken.return(undefined)

  expect(exported).toEqual(page.rows)
  expect(source.columns).toEqual(page.columns)
  expect(source.ledger).toMatchObject({ asked: 2, rows: 8, excerpt: { ...selection, rows: 6 } })
  expect(source.fileName).toMatch(/-filtered-6-of-8-rows$/)
  expect((await hunts.exportSource(analyst, id)).ledger.excerpt).toBeUndefined()
  expect((await hunts.exportSource(analyst, id, { sort: { column: 'Size' } })).fileName).toMatch(/-sorted$/)
})

test('a selection that cannot be is refused before anything is written', async () => {
  const { hunts, id } = await givenResult(1)

  const unknown = await refusalOf(hunts.exportSource(analyst, id, { sort: { column: 'Colour' } }))
  const misfit = await refusalOf(
    hunts.exportSource(analyst, id, { filters: [{ column: 'Size', operator: 'less', value: 'much' }] }),
  )

  expect([unknown.code, misfit.code]).toEqual(['invalid', 'invalid'])
})

test('a tenant that is offboarded takes its rows along', async () => {
  const { db, hunts, ids, id, sorted } = await givenResult()
  await sorted('Size')

  await db.tenant.delete({ where: { id: ids[0] ?? '' } })
  await hunts.dropTables()

  expect(await sorted('Size')).toHaveLength(4)
  expect((await hunts.page(analyst, id)).total).toBe(4)
})

test('results go when their time is over', async () => {
  const { db, hunts, id } = await givenResult(1)
  await db.hunt.update({ where: { id }, data: { keepUntil: new Date(Date.now() - 1000) } })

  await hunts.removeExpired()

  expect((await refusalOf(hunts.get(admin, id))).code).toBe('not_found')
  expect(await db.huntChunk.count()).toBe(0)
})

async function allOf(batches: AsyncIterable<Row[]>): Promise<Row[]> {
  const rows: Row[] = []
  for await (const batch of batches) rows.push(...batch)
  return rows
}
