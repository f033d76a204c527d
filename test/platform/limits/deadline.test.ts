import { expect, test } from 'vitest'
import { withDeadline, within } from '../../../src/platform/limits/deadline.ts'

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

test('work is aborted by its deadline or by the caller, and told which', async () => {
  const caller = new AbortController()
  const untilAborted = (signal: AbortSignal) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

  const late = withDeadline({ signal: caller.signal, timeoutMs: 1, late: 'no answer' }, untilAborted)
  await expect(late).rejects.toMatchObject({ name: 'TimeoutError', message: 'no answer' })
  const canceled = withDeadline({ signal: caller.signal, timeoutMs: 60_000, late: 'no answer' }, untilAborted)
  caller.abort(new Error('enough'))
  await expect(canceled).rejects.toThrow('enough')
})
