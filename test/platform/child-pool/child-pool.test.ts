import { afterEach, expect, test } from 'vitest'
import { type ChildPoolOptions, createChildPool } from '../../../src/platform/child-pool/child-pool.ts'

const made: { close(): void }[] = []

afterEach(() => {
  for (const pool of made.splice(0)) pool.close()
})

function givenPool(options: Partial<ChildPoolOptions> = {}) {
  const pool = createChildPool({
    entry: new URL('./trying-child.ts', import.meta.url),
    size: 1,
    memoryMb: 100,
    limitMs: 60_000,
    idleMs: 60_000,
    maxWaiting: { group: 2, all: 3 },
    ...options,
  })
  made.push(pool)
  return pool
}

test('a task is answered, and what it throws is told', async () => {
  const pool = givenPool()

  const answer = pool.run({ does: 'answer', value: { a: 1 } }, { group: 'a' })
  const refusal = pool.run({ does: 'throw' }, { group: 'a' })

  await expect(answer).resolves.toEqual({ a: 1 })
  await expect(refusal).rejects.toThrow('it did not work')
})

test('a process inherits nothing of the environment', async () => {
  const names = await givenPool().run({ does: 'environment' }, { group: 'a' })

  expect(names).toEqual(process.env.NODE_COMPILE_CACHE ? ['NODE_COMPILE_CACHE'] : [])
})

test('a task that goes on for too long is ended, and the next one runs in a new process', async () => {
  const pool = givenPool({ limitMs: 300 })

  const endless = pool.run({ does: 'go on' }, { group: 'a' })
  const next = pool.run({ does: 'answer', value: 2 }, { group: 'b' })

  await expect(endless).rejects.toMatchObject({ name: 'TaskEnded', reason: 'time' })
  await expect(next).resolves.toBe(2)
})

test('a task that takes too much memory ends its process alone', async () => {
  const pool = givenPool()

  const greedy = pool.run({ does: 'hold memory' }, { group: 'a' })

  await expect(greedy).rejects.toMatchObject({ name: 'TaskEnded', reason: 'memory' })
  await expect(pool.run({ does: 'answer', value: 3 }, { group: 'a' })).resolves.toBe(3)
})

test('a process that breaks is replaced', async () => {
  const pool = givenPool()

  const broken = pool.run({ does: 'end' }, { group: 'a' })

  await expect(broken).rejects.toMatchObject({ name: 'TaskEnded', reason: 'crash' })
  await expect(pool.run({ does: 'answer', value: 4 }, { group: 'a' })).resolves.toBe(4)
})

test('a task whose caller goes away is ended', async () => {
  const pool = givenPool()
  const caller = new AbortController()
  const reason = new Error('the caller went away')

  const endless = pool.run(
    { does: 'go on' },
    { group: 'a', signal: caller.signal, onNote: () => caller.abort(reason) },
  )
  const next = pool.run({ does: 'answer', value: 5 }, { group: 'a' })

  await expect(endless).rejects.toBe(reason)
  await expect(next).resolves.toBe(5)
})

test('one group cannot take every process', async () => {
  const pool = givenPool({ size: 2, limitMs: 30_000 })
  const caller = new AbortController()
  const { signal } = caller

  const endless = [1, 2].map(() => pool.run({ does: 'go on' }, { group: 'greedy', signal }))
  const other = await pool.run({ does: 'answer', value: 6 }, { group: 'modest' })
  caller.abort(new Error('enough'))

  expect(other).toBe(6)
  for (const task of endless) await expect(task).rejects.toThrow('enough')
})

test('groups take turns, however many tasks one of them has waiting', async () => {
  const pool = givenPool({ limitMs: 200, maxWaiting: { group: 5, all: 9 } })
  const ended: string[] = []
  const run = (name: string, task: object, group: string) =>
    pool.run(task, { group }).then(
      () => ended.push(name),
      () => ended.push(name),
    )

  await Promise.all([
    run('first', { does: 'go on' }, 'greedy'),
    run('second', { does: 'go on' }, 'greedy'),
    run('third', { does: 'go on' }, 'greedy'),
    run('modest', { does: 'answer' }, 'modest'),
  ])

  expect(ended).toEqual(['first', 'modest', 'second', 'third'])
})

test('no more tasks wait than the pool takes, of one group and in all', async () => {
  const pool = givenPool()
  const caller = new AbortController()
  const run = (group: string) => pool.run({ does: 'go on' }, { group, signal: caller.signal })

  const taken = [run('a'), run('a'), run('b')]
  const tooManyOfGroup = run('a')
  const tooMany = run('c')

  await expect(tooManyOfGroup).rejects.toMatchObject({ name: 'PoolFull' })
  await expect(tooMany).rejects.toMatchObject({ name: 'PoolFull' })
  caller.abort(new Error('enough'))
  for (const task of taken) await expect(task).rejects.toThrow('enough')
})

test('a program that does not start is no reason to wait for ever', async () => {
  const pool = givenPool({ entry: new URL('./no-such-program.ts', import.meta.url) })

  await expect(pool.ready()).rejects.toThrow('did not start')
  await expect(pool.run({ does: 'answer' }, { group: 'a' })).rejects.toMatchObject({ reason: 'crash' })
})
