import { expect, test } from 'vitest'
import type { HuntChannel } from '../../../src/hunting/hunts/channel.ts'
import { createHunts } from '../../../src/hunting/hunts/hunts.ts'
import type { HuntSummary, HuntTask } from '../../../src/hunting/hunts/model.ts'
import { type HuntProgress, watchHunt } from '../../../src/hunting/hunts/watch.ts'
import { analyst, givenHunts, givenTenants, graphAnswer, query, until } from './stage.ts'

test('whoever watches sees every tenant come to its end, whichever process does the work', async () => {
  const waiting: (() => void)[] = []
  const stage = await givenHunts(
    () => new Promise(resolve => waiting.push(() => resolve(graphAnswer([{ DeviceName: 'x' }])))),
  )
  const ids = await givenTenants(stage.db, 3)
  const other = createHunts(stage.deps)
  await other.start({ work: false })
  const { id } = await stage.hunts.create(analyst, { query, tenants: 'all' })

  const seen: HuntProgress[] = []
  const watching = (async () => {
    for await (const event of other.watch(analyst, id, new AbortController().signal)) seen.push(event)
  })()
  for (let done = 1; done <= ids.length; done++) {
    await until(
      async () => waiting.length,
      length => length > 0,
    )
    waiting.shift()?.()
    await until(
      async () => seen.at(-1)?.hunt.counts.succeeded,
      count => count === done,
    )
  }
  await watching
  await other.stop(100)

  expect(seen[0]?.tenants).toHaveLength(3)
  expect(seen.at(-1)?.hunt).toMatchObject({ status: 'succeeded', rowCount: 3 })
  const last = new Map(seen.flatMap(({ tenants }) => tenants).map(tenant => [tenant.tenantId, tenant.status]))
  expect([...last.values()]).toEqual(['succeeded', 'succeeded', 'succeeded'])
})

test('watching ends when the watcher leaves', async () => {
  const stage = await givenHunts(() => new Promise(() => {}))
  await givenTenants(stage.db, 1)
  const { id } = await stage.hunts.create(analyst, { query, tenants: 'all' })
  const leaving = new AbortController()

  let events = 0
  for await (const _ of stage.hunts.watch(analyst, id, leaving.signal)) {
    events++
    leaving.abort()
  }

  expect(events).toBe(1)
})

test('a tenant that ends between the two reads of one look is counted without another change', async () => {
  const hunt = (status: string, succeeded: number) =>
    ({ status, counts: { total: 2, succeeded }, rowCount: succeeded }) as HuntSummary
  const ended = { tenantId: 'a', status: 'succeeded', rowCount: 1, attempts: 1 } as HuntTask
  const leaving = new AbortController()
  const summaries = [hunt('running', 0), hunt('running', 1)]
  const looks: HuntTask[][] = [[ended], []]

  const seen: HuntProgress[] = []
  const progress = watchHunt(
    {
      channel: { listen: () => () => {} } as unknown as HuntChannel,
      summary: async () => summaries.shift() ?? hunt('running', 1),
      tenants: async () => ({ tenants: looks.shift() ?? [], at: new Date() }),
    },
    'hunt',
    leaving.signal,
  )
  for await (const event of progress) {
    seen.push(event)
    if (event.hunt.counts.succeeded === 1) leaving.abort()
  }

  expect(seen.map(event => [event.hunt.counts.succeeded, event.tenants.length])).toEqual([
    [0, 1],
    [1, 0],
  ])
})
