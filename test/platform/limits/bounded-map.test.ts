import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BoundedMap } from '../../../src/platform/limits/bounded-map.ts'

const value = (name: string) => ({ name, isUsed: false })

test('it never holds more than its limit, and always what was set last', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8 }),
      fc.array(fc.tuple(fc.boolean(), fc.nat(15))),
      (limit, steps) => {
        const map = new BoundedMap<number, { name: string; isUsed: boolean }>(limit)
        for (const [isRead, key] of steps) {
          if (isRead) map.get(key)
          else {
            map.set(key, value(String(key)))
            expect(map.peek(key)?.name).toBe(String(key))
          }
          expect(map.size).toBeLessThanOrEqual(limit)
        }
      },
    ),
  )
})

test('what was read lately stays, also when everything was read', () => {
  const map = new BoundedMap<string, { name: string; isUsed: boolean }>(2)
  map.set('a', value('a'))
  map.set('b', value('b'))
  map.get('a')
  map.set('c', value('c'))
  expect([map.peek('a')?.name, map.peek('b'), map.peek('c')?.name]).toEqual(['a', undefined, 'c'])

  map.get('a')
  map.get('c')
  map.set('d', value('d'))

  expect(map.size).toBe(2)
  expect(map.peek('d')?.name).toBe('d')
})
