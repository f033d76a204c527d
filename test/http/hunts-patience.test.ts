import { expect, test } from 'vitest'
import { within } from '../../src/http/routes/hunts/patience.ts'

test('what is there in time is given, and its failure too', async () => {
  expect(await within(Promise.resolve('rows'), 60_000)).toBe('rows')
  await expect(within(Promise.reject(new Error('no such column')), 60_000)).rejects.toThrow('no such column')
})

test('what takes longer is not waited for, and its failure harms nobody', async () => {
  const work = Promise.withResolvers<string>()

  const seen = await within(work.promise, 1)
  work.reject(new Error('too late'))

  expect(seen).toBeNull()
  await expect(work.promise).rejects.toThrow('too late')
})
