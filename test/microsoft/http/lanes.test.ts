import { expect, test } from 'vitest'
import { createLanes } from '../../../src/microsoft/http/lanes.ts'

const never = new AbortController().signal

test('places are given in the order of asking', async () => {
  const lanes = createLanes(1)
  const order: number[] = []
  const leave = await lanes.enter('a', never)
  const waiting = [1, 2, 3].map(async number => {
    const left = await lanes.enter('a', never)
    order.push(number)
    left()
  })

  leave()
  await Promise.all(waiting)

  expect(order).toEqual([1, 2, 3])
})

test('keys do not wait for one another', async () => {
  const lanes = createLanes(1)

  await lanes.enter('a', never)

  await expect(lanes.enter('b', never)).resolves.toBeTypeOf('function')
})

test('who gives up while waiting leaves the queue', async () => {
  const lanes = createLanes(1)
  const controller = new AbortController()
  const leave = await lanes.enter('a', never)
  const impatient = lanes.enter('a', controller.signal)
  const patient = lanes.enter('a', never)

  controller.abort(new Error('enough'))
  await expect(impatient).rejects.toThrow('enough')
  leave()

  await expect(patient).resolves.toBeTypeOf('function')
})

test('leaving twice frees one place', async () => {
  const lanes = createLanes(1)
  const leave = await lanes.enter('a', never)
  leave()
  leave()
  const next = await lanes.enter('a', never)
  const controller = new AbortController()
  const third = lanes.enter('a', controller.signal)

  controller.abort(new Error('still waiting'))

  await expect(third).rejects.toThrow('still waiting')
  next()
})

test('who asks after giving up gets nothing', async () => {
  await expect(createLanes(1).enter('a', AbortSignal.abort(new Error('over')))).rejects.toThrow('over')
})
