import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Column, Json, Row } from '../../../src/hunting/results/model.ts'
import { rowHasher } from '../../../src/hunting/schedules/runs/row-hash.ts'
import { groupByTenant } from '../../../src/hunting/schedules/tenant-groups.ts'

const columns: Column[] = [
  { name: 'Timestamp', type: 'datetime' },
  { name: 'DeviceName', type: 'string' },
  { name: 'Size', type: 'long' },
  { name: 'Detail', type: 'dynamic' },
]

function hash(row: Row, of: Column[] = columns, keys: string[] = []): string {
  return rowHasher(of, keys)(row).toString('hex')
}

const cells = fc.tuple(
  fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'),
  fc.string(),
  fc.oneof(fc.integer(), fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n })),
  fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer())),
)

test('times and the order of columns and of members do not matter', () => {
  fc.assert(
    fc.property(cells, ([, name, size, detail]) => {
      const reordered = Object.fromEntries(Object.entries(detail).reverse())

      expect(hash(['2026-01-01T00:00:00Z', name, size, detail])).toBe(
        hash([reordered, size, name, '2026-02-02T00:00:00Z'], columns.toReversed()),
      )
    }),
  )
})

test('anything else that differs makes another finding', () => {
  fc.assert(
    fc.property(cells, cells, (one, other) => {
      const isSame =
        JSON.stringify([one[1], String(one[2])]) === JSON.stringify([other[1], String(other[2])]) &&
        JSON.stringify(Object.entries(one[3]).sort()) === JSON.stringify(Object.entries(other[3]).sort())

      expect(hash(one) === hash(other)).toBe(isSame)
    }),
  )
})

test('integers beyond 2^53 that differ in their last digit differ', () => {
  expect(hash([null, 'a', 2n ** 60n, null])).not.toBe(hash([null, 'a', 2n ** 60n + 1n, null]))
})

test('text is not taken for a number, a list or another column', () => {
  const texts: Column[] = [
    { name: 'A', type: 'dynamic' },
    { name: 'B', type: 'dynamic' },
  ]
  const rows: Row[] = [
    ['1', null],
    [1, null],
    [null, '1'],
    [['1'], null],
    [{ a: 1 }, null],
    [[['a', 1]], null],
  ]

  expect(new Set(rows.map(row => hash(row, texts))).size).toBe(rows.length)
})

test('a column that appears later changes nothing while it is empty', () => {
  const later: Column[] = [...columns, { name: 'New', type: 'string' }]

  expect(hash([null, 'a', 1, null, ''], later)).toBe(hash([null, 'a', 1, null]))
  expect(hash([null, 'a', 1, null, 'x'], later)).not.toBe(hash([null, 'a', 1, null]))
})

test('a key of chosen columns may hold times', () => {
  const keys = ['Timestamp', 'DeviceName']

  expect(hash(['2026-01-01', 'a', 1, null], columns, keys)).toBe(
    hash(['2026-01-01', 'a', 2, null], columns, keys),
  )
  expect(hash(['2026-01-01', 'a', 1, null], columns, keys)).not.toBe(
    hash(['2026-01-02', 'a', 1, null], columns, keys),
  )
})

test('the order in a list does not matter, what is in it and how often does', () => {
  const sets = (detail: Json) => hash([null, 'a', 1, detail])

  expect(sets(['b', { x: [2, 1] }, 'a'])).toBe(sets([{ x: [1, 2] }, 'a', 'b']))
  expect(sets(['a', 'b'])).not.toBe(sets(['a', 'b', 'b']))
  expect(sets(['1'])).not.toBe(sets([1]))
  expect(sets([['a'], 'b'])).not.toBe(sets([['b'], 'a']))
})

test('rows of nothing but times are told apart by them, and so are rows without the chosen columns', () => {
  const times: Column[] = [{ name: 'Seen', type: 'datetime' }]

  expect(hash(['2026-01-01T00:00:00Z'], times)).not.toBe(hash(['2026-01-02T00:00:00Z'], times))
  expect(hash([null, 'a', 1, null], columns, ['Gone'])).not.toBe(
    hash([null, 'b', 1, null], columns, ['Gone']),
  )
})

test('a stream is parted by tenant, whether or not each part is read', async () => {
  const items = fc.array(fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 1, max: 4 })), {
    maxLength: 6,
  })
  await fc.assert(
    fc.asyncProperty(items, fc.infiniteStream(fc.integer({ min: 0, max: 5 })), async (groups, reads) => {
      const expected = groups.map(([, count], index) => ({ tenantId: String(index), count }))
      async function* stream() {
        for (const { tenantId, count } of expected) for (let n = 0; n < count; n++) yield { tenantId, n }
      }

      const seen: string[] = []
      for await (const { tenantId, items: part } of groupByTenant(stream())) {
        seen.push(tenantId)
        const wanted = reads.next().value
        for (let n = 0; n < wanted; n++) {
          const next = await part.next()
          if (!next.done) expect(next.value).toEqual({ tenantId, n })
        }
      }

      expect(seen).toEqual(expected.map(({ tenantId }) => tenantId))
    }),
  )
})
