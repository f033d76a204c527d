import { expect, test } from 'vitest'
import { createConcurrency } from '../../../src/microsoft/http/concurrency.ts'

const never = new AbortController().signal

test('places are given in the order of asking', async () => {
  const concurrency = createConcurrency(1)
  const order: number[] = []
  const leave = await concurrency.enter('a', never)
  const waiting = [1, 2, 3].map(async number => {
    const left = await concurrency.enter('a', never)
    order.push(number)
    left()
  })

  leave()
  await Promise.all(waiting)

  expect(order).toEqual([1, 2, 3])
})

test('keys do not wait for one another', async () => {
  const concurrency = createConcurrency(1)

  await concurrency.enter('a', never)

  await expect(concurrency.enter('b', never)).resolves.toBeTypeOf('function')
})

test('who gives up while waiting leaves the queue', async () => {
  const concurrency = createConcurrency(1)
  const controller = new AbortController()
  const leave = await concurrency.enter('a', never)
  const impatient = concurrency.enter('a', controller.signal)
  const patient = concurrency.enter('a', never)

  controller.abort(new Error('enough'))
  await expect(impatient).rejects.toThrow('enough')
  leave()

  await expect(patient).resolves.toBeTypeOf('function')
})

test('leaving twice frees one place', async () => {
  const concurrency = createConcurrency(1)
  const leave = await concurrency.enter('a', never)
  leave()
  leave()
  const next = await concurrency.enter('a', never)
  const controller = new AbortController()
  const third = concurrency.enter('a', controller.signal)

  controller.abort(new Error('still waiting'))

  await expect(third).rejects.toThrow('still waiting')
  next()
})

test('who asks after giving up gets nothing', async () => {
  await expect(createConcurrency(1).enter('a', AbortSignal.abort(new Error('over')))).rejects.toThrow('over')
})
