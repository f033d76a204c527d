import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Prisma } from '../../src/generated/prisma/client.ts'
import { type Actor, sees, visibleTo } from '../../src/tenants/actor.ts'
import {
  limitsKey,
  limitsOf,
  readLimits,
  type TenantLimits,
  toLimitColumns,
} from '../../src/tenants/limits.ts'
import { visibleTenants } from '../../src/tenants/visible-store.ts'
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts'
import { admin, givenTenant } from './givens.ts'

let database: TestDatabase
const ids: string[] = []

beforeAll(async () => {
  database = await createTestDatabase()
  for (const tags of [[], ['north'], ['south'], ['north', 'gold'], ['nor']]) {
    ids.push(await givenTenant(database.db, { id: randomUUID(), name: `Customer ${ids.length}`, tags }))
  }
})

afterAll(() => database?.drop())

const cases: [string, () => TenantLimits, number[]][] = [
  ['everything', () => 'all', [0, 1, 2, 3, 4]],
  ['nothing', () => ({ tags: [], ids: [] }), []],
  ['one tag', () => ({ tags: ['north'], ids: [] }), [1, 3]],
  ['two tags', () => ({ tags: ['south', 'gold'], ids: [] }), [2, 3]],
  ['a list', () => ({ tags: [], ids: [ids[0] ?? '', ids[4] ?? ''] }), [0, 4]],
  ['a tag and a list', () => ({ tags: ['gold'], ids: [ids[2] ?? ''] }), [2, 3]],
  ['a tag that nobody has and a tenant that is not there', () => ({ tags: ['x'], ids: [randomUUID()] }), []],
]

test.each(cases)('%s is seen alike in rows, in SQL and at hand', async (_what, limits, expected) => {
  const actor: Actor = { ...admin, tenants: limits() }
  const wanted = expected.map(index => ids[index]).toSorted()

  const { db } = database
  const byRows = await db.tenant.findMany({ where: visibleTo(actor), select: { id: true } })
  const bySql = await db.$queryRaw<{ id: string }[]>(
    Prisma.sql`SELECT t.id FROM "Tenant" t WHERE ${visibleTenants(actor)}`,
  )
  const atHand = (await db.tenant.findMany()).filter(tenant => sees(actor, tenant))

  for (const found of [byRows, bySql, atHand]) expect(found.map(({ id }) => id).toSorted()).toEqual(wanted)
})

test.each(cases)('limits of %s survive their row', (_what, limits) => {
  const wanted = limits()

  expect(limitsKey(limitsOf(toLimitColumns(wanted)))).toBe(limitsKey(wanted))
})

test('limits are read in one form, and what is no tag or id is refused', () => {
  const id = 'ABCDEF01-0000-4000-8000-000000000001'

  expect(readLimits({ tags: ['North ', 'north'], ids: [id, id.toLowerCase()] })).toEqual({
    tags: ['north'],
    ids: [id.toLowerCase()],
  })
  expect(readLimits({})).toEqual({ tags: [], ids: [] })
  expect(() => readLimits({ ids: ['everything'] })).toThrow('is not the id of a tenant')
})
