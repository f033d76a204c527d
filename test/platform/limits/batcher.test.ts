import { expect, test } from 'vitest'
import { createBatcher } from '../../../src/platform/limits/batcher.ts'

type Item = { key: string; size: number }

/** A batcher of which the test sees the batches; `fails` says how often a batch fails first. */
function givenBatcher({ fails = 0, tries = 1 } = {}) {
  const batches: Item[][] = []
  const batcher = createBatcher<Item, string>({
    gatherMs: 1,
    most: 3,
    sizeOf: ({ size }) => size,
    mostSize: 10,
    keyOf: ({ key }) => key,
    tries,
    async write(items) {
      batches.push(items)
      if (batches.length <= fails) throw new Error('the database restarts')
      return items.map(({ key, size }) => `${key}${size}`)
    },
  })
  return { batches, add: (key: string, size = 1) => batcher.add({ key, size }), drained: batcher.drained }
}

test('what comes together is written together, and each item gets its own result', async () => {
  const { batches, add } = givenBatcher()

  const results = await Promise.all([add('a'), add('b', 2), add('c'), add('d')])

  expect(results).toEqual(['a1', 'b2', 'c1', 'd1'])
  expect(batches.map(batch => batch.length)).toEqual([3, 1])
})

test('a batch holds no key twice and no more than its size, and a large item goes alone', async () => {
  const { batches, add, drained } = givenBatcher()

  void add('a', 6)
  void add('a', 1)
  void add('b', 5)
  void add('c', 20)
  await drained()

  expect(batches.map(batch => batch.map(({ key, size }) => `${key}${size}`))).toEqual([
    ['a6'],
    ['a1', 'b5'],
    ['c20'],
  ])
})

test('a batch that fails is tried again, and in the end its items fail', async () => {
  const twice = givenBatcher({ fails: 1, tries: 2 })
  expect(await twice.add('a')).toBe('a1')

  const never = givenBatcher({ fails: 2, tries: 2 })
  await expect(never.add('a')).rejects.toThrow('the database restarts')
  expect(await never.add('b')).toBe('b1')
})
