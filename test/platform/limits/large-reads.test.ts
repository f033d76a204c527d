import { expect, test } from 'vitest'
import { createLargeReads } from '../../../src/platform/limits/large-reads.ts'

/** Reads that take so long by a clock of their own, and count. */
function givenReads(isLarge: boolean) {
  const clock = { ms: 1_000 }
  let count = 0
  const reads = createLargeReads<number>(2, () => isLarge, { now: () => clock.ms })
  const read = async () => {
    clock.ms += 100
    return ++count
  }
  return { clock, reads, read, get: (key = 'a') => reads.get(key, read) }
}

test('what is small is read anew each time', async () => {
  const { get } = givenReads(false)

  expect([await get(), await get()]).toEqual([1, 2])
})

test('what is large is kept a while, then read again behind the reader, and never kept beyond a minute', async () => {
  const { get, clock } = givenReads(true)

  expect([await get(), await get()]).toEqual([1, 1])
  clock.ms += 10_001
  expect(await get()).toBe(1)
  await expect.poll(get).toBe(2)
  clock.ms += 60_001
  expect(await get()).toBe(3)
})

test('readers of what grew old share one read, and a failed one is not kept', async () => {
  const { reads, get, clock } = givenReads(true)
  const failing = () => Promise.reject(new Error('the database is away'))

  await expect(reads.get('b', failing)).rejects.toThrow('away')
  expect(await get('b')).toBe(1)
  clock.ms += 60_001
  expect(await Promise.all([get('b'), get('b')])).toEqual([2, 2])
})
