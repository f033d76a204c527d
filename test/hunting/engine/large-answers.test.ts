import { expect, test } from 'vitest'
import { createLargeAnswers } from '../../../src/hunting/engine/ask-tenant.ts'
import { analyst, ended, givenHunts, givenTenants, graphAnswer, query, until } from '../hunts/stage.ts'

const patient = new AbortController().signal

test('large answers have four seats, and who waits comes in the order of asking', async () => {
  const large = createLargeAnswers(10, () => {})
  const seated: number[] = []
  const leaves: (() => void)[] = []
  for (let index = 0; index < 6; index++) {
    void large.enter(patient).then(leave => {
      seated.push(index)
      leaves.push(leave)
    })
  }

  await until(
    async () => seated.length,
    count => count === 4,
  )
  leaves[0]?.()
  leaves[0]?.()
  await until(
    async () => seated.length,
    count => count === 5,
  )
  leaves[1]?.()
  await until(
    async () => seated.length,
    count => count === 6,
  )

  expect(seated).toEqual([0, 1, 2, 3, 4, 5])
})

test('who is called off while waiting leaves the line to the others', async () => {
  const large = createLargeAnswers(1, () => {})
  const leaves = await Promise.all(Array.from({ length: 4 }, () => large.enter(patient)))
  const calledOff = new AbortController()
  const first = large.enter(calledOff.signal)
  const second = large.enter(patient)
  const wasCrowded = large.isCrowded()

  calledOff.abort(new Error('enough'))
  await expect(first).rejects.toThrow('enough')
  leaves[0]?.()

  expect(wasCrowded).toBe(true)
  expect(large.isCrowded()).toBe(false)
  expect(await second).toBeTypeOf('function')
})

test('of many large answers a hunt reads a few at once, and all in the end', async () => {
  let reading = 0
  let most = 0
  const { db, hunts } = await givenHunts(
    async (_, { onLarge, signal = patient }) => {
      await onLarge?.(signal)
      most = Math.max(most, ++reading)
      await new Promise(resolve => setTimeout(resolve, 10))
      reading--
      return graphAnswer([{ DeviceName: 'x' }])
    },
    { engine: { concurrency: 8 } },
  )
  await givenTenants(db, 30)

  const { id } = await hunts.create(analyst, { query, tenants: 'all' })
  const hunt = await ended(hunts, id)

  expect(hunt).toMatchObject({ status: 'succeeded', rowCount: 30 })
  expect(most).toBe(4)
})
