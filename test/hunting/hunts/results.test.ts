import { expect, test } from 'vitest'
import { unifiedRows } from '../../../src/hunting/results/export/source.ts'
import { givenTenant, limitedTo } from '../../tenants/givens.ts'
import { allOf, givenResult } from './given-result.ts'
import { analyst, ended, givenHunts, graphAnswer, huntingRole, query, refusalOf } from './stage.ts'

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
  const coverage = await hunts.coverage(limited, id)
  const hidden = await refusalOf(hunts.page(limited, id, { sort: { column: 'B' } }))
  const excerpt = await hunts.exportSource(limited, id, { sort: { column: 'TenantName' } })
  const exported = await allOf(unifiedRows(excerpt))

  expect(view).toMatchObject({ counts: { total: 1, succeeded: 1 }, rowCount: 1, tenants: [{ name: 'A' }] })
  expect(plain.rows.map(row => row.slice(1))).toEqual([['A', 1]])
  expect(sorted.rows).toEqual(plain.rows)
  expect(sorted.columns.map(({ name }) => name)).toEqual(['TenantId', 'TenantName', 'A'])
  expect(groups.groups.map(({ values }) => values)).toEqual([['A']])
  expect(coverage).toMatchObject({ asked: 1, answered: 1, rows: 1 })
  expect(hidden.code).toBe('invalid')
  expect(exported).toEqual(plain.rows)
  expect(excerpt.coverage).toMatchObject({ asked: 1, rows: 1 })
  expect((await refusalOf(hunts.get(limitedTo('silver'), id))).code).toBe('not_found')
})
