import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { TimePosition } from '../../src/defender/cursor.ts'
import { readCursor, writeCursor } from '../../src/defender/cursor.ts'
import { type Fetch, nextTimePage } from '../../src/defender/time-pages.ts'

type Item = { id: string; time: string }

/** A service that answers at most so many elements, the latest first. */
function service(items: Item[], pageSize: number): Fetch<Item> {
  const sorted = [...items].sort((a, b) => b.time.localeCompare(a.time) || a.id.localeCompare(b.id))
  return async ({ time, skip }) => {
    const from = sorted.filter(item => time === null || item.time <= time)
    const page = from.slice(skip, skip + pageSize)
    return {
      entries: page.map(item => ({ ...item, item })),
      hasMore: page.length >= pageSize,
    }
  }
}

const times = [0, 1, 2, 3].map(n => `2026-01-01T00:00:0${n}.1234567Z`)

test('pages hold every element once, however many share a time and however pages are cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...times), { maxLength: 60 }),
      fc.integer({ min: 1, max: 7 }),
      fc.integer({ min: 1, max: 9 }),
      async (chosen, pageSize, limit) => {
        const items = chosen.map((time, index) => ({ id: `i${index}`, time }))
        const fetch = service(items, pageSize)
        const given: Item[] = []
        let position: TimePosition | null = null
        for (let page = 0; page < 500; page += 1) {
          const read: { items: Item[]; next: TimePosition | null } = await nextTimePage(
            'graph',
            position,
            limit,
            fetch,
          )
          given.push(...read.items)
          position = read.next && readCursor(writeCursor(read.next), { by: 'time', surface: 'graph' })
          if (position === null) break
        }

        expect(position).toBeNull()
        expect(given.map(({ id }) => id).sort()).toEqual(items.map(({ id }) => id).sort())
      },
    ),
  )
})

test('a cursor of another list, or one that was made up, is refused', () => {
  const cursor = writeCursor({ by: 'count', surface: 'endpoint', skip: 50 })
  const foreign = Buffer.from(JSON.stringify({ by: 'count', surface: 'endpoint', link: 'https://x' }))

  expect(readCursor(cursor, { by: 'count', surface: 'endpoint' })).toMatchObject({ skip: 50 })
  expect(readCursor(null, { by: 'count', surface: 'endpoint' })).toBeNull()
  for (const wrong of [foreign.toString('base64url'), 'https://graph.microsoft.com/v1.0', '????', cursor])
    expect(() => readCursor(wrong, { by: 'time', surface: 'graph' })).toThrow('"cursor"')
})
