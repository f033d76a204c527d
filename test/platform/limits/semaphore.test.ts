import { expect, test } from 'vitest'
import { createSemaphore } from '../../../src/platform/limits/semaphore.ts'

test('tasks begin at once while there is room, and then in the order they came', async () => {
  const semaphore = createSemaphore(2)
  const begun: number[] = []
  const ends = Array.from({ length: 4 }, () => Promise.withResolvers<void>())
  const runs = ends.map(({ promise }, index) =>
    semaphore.run(async () => {
      begun.push(index)
      await promise
    }),
  )

  const atOnce = [...begun]
  ends[1]?.resolve()
  await runs[1]

  expect(atOnce).toEqual([0, 1])
  await expect.poll(() => begun).toEqual([0, 1, 2])
  expect(semaphore.waiting()).toBe(1)
  for (const { resolve } of ends) resolve()
  await Promise.all(runs)
  expect(semaphore.isIdle()).toBe(true)
})

test('a task that fails makes room for the next one', async () => {
  const semaphore = createSemaphore(1)
  const failing = semaphore.run(() => Promise.reject(new Error('no')))
  const next = semaphore.run(async () => 'done')

  await expect(failing).rejects.toThrow('no')
  expect(await next).toBe('done')
})
