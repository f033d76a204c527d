import { expect, test } from 'vitest'
import { reader } from '../../tenants/givens.ts'
import { analyst, ended, givenHunts, givenTenants, graphAnswer, query, refusalOf } from './stage.ts'

test('a hunt asks every tenant once and keeps its rows in the order of tenants', async () => {
  const { db, hunts, calls } = await givenHunts(id =>
    graphAnswer([{ DeviceName: `${id}-a` }, { DeviceName: `${id}-b` }]),
  )
  const ids = await givenTenants(db, 5)

  const { id, status, counts } = await hunts.create(analyst, { query, tenants: 'all', name: 'All devices' })
  const hunt = await ended(hunts, id)
  const page = await hunts.page(analyst, id)

  expect({ status, total: counts.total }).toEqual({ status: 'queued', total: 5 })
  expect(hunt).toMatchObject({
    status: 'succeeded',
    rowCount: 10,
    name: 'All devices',
    tables: ['DeviceInfo'],
  })
  expect(calls.toSorted()).toEqual(ids.toSorted())
  expect(page.columns.map(({ name }) => name)).toEqual(['TenantId', 'TenantName', 'DeviceName'])
  expect(page.rows).toEqual(
    ids.flatMap((tenantId, index) =>
      ['a', 'b'].map(letter => [tenantId, `Tenant 00${index}`, `${tenantId}-${letter}`]),
    ),
  )
  expect({ total: page.total, nextOffset: page.nextOffset }).toEqual({ total: 10, nextOffset: null })
})

test('pages begin and end anywhere, within and across tenants', async () => {
  const rows = Array.from({ length: 7 }, (_, index) => ({ DeviceName: String(index) }))
  const { db, hunts } = await givenHunts(() => graphAnswer(rows))
  await givenTenants(db, 3)
  const { id } = await hunts.create(analyst, { query, tenants: 'all' })
  await ended(hunts, id)

  const names: unknown[] = []
  for (let offset: number | null = 0; offset !== null; ) {
    const page = await hunts.page(analyst, id, { offset, limit: 4 })
    names.push(...page.rows.map(row => row[2]))
    offset = page.nextOffset
  }

  expect(names).toEqual(
    ['0', '1', '2', '3', '4', '5', '6']
      .flatMap((name, _, all) => (name === '0' ? [all, all, all] : []))
      .flat(),
  )
})

test('a reader may not hunt', async () => {
  const { db, hunts } = await givenHunts(() => graphAnswer([]))
  await givenTenants(db, 1)

  const refusal = await refusalOf(hunts.create(reader, { query, tenants: 'all' }))

  expect(refusal.code).toBe('forbidden')
})
