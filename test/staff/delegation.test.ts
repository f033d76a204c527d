import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Actor } from '../../src/tenants/actor.ts'
import type { TenantLimits } from '../../src/tenants/limits.ts'
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts'
import { admin, givenTenant, limitedTo } from '../tenants/givens.ts'
import { type GivenStaff, givenStaff } from './given-staff.ts'

let database: TestDatabase
let given: GivenStaff
let northern: string
let southern: string

beforeAll(async () => {
  database = await createTestDatabase()
  northern = await givenTenant(database.db, { name: 'Northwind', tags: ['north'] })
  southern = await givenTenant(database.db, { name: 'Southridge', tags: ['south'] })
})

afterAll(() => database?.drop())

beforeEach(async () => {
  await database.db.staffMember.deleteMany()
  await database.db.apiKey.deleteMany()
  given = givenStaff(database.db)
})

const north: TenantLimits = { tags: ['north'], ids: [] }

/** An administrator who sees the north. */
async function limitedAdmin(): Promise<Actor> {
  const id = await given.signedIn(['admin'])
  await given.members.limit(admin, id, north)
  return { ...limitedTo('north'), id }
}

/** Somebody with these limits. */
async function colleague(tenants: TenantLimits): Promise<string> {
  const id = await given.signedIn(['analyst'])
  await given.members.limit(admin, id, tenants)
  return id
}

const beyond: [string, () => TenantLimits][] = [
  ['everything', () => 'all'],
  ['another tag', () => ({ tags: ['south'], ids: [] })],
  ['their tag and another', () => ({ tags: ['north', 'south'], ids: [] })],
  ['a tenant that they do not see', () => ({ tags: [], ids: [southern] })],
  ['a tenant that does not exist', () => ({ tags: [], ids: [randomUUID()] })],
]

test.each(beyond)(
  'a limited administrator gives nobody %s: not themselves, no colleague, no key',
  async (_what, wanted) => {
    const actor = await limitedAdmin()
    const id = await colleague(north)
    const attempts = [
      () => given.members.limit(actor, actor.id, wanted()),
      () => given.members.limit(actor, id, wanted()),
      () =>
        given.members.enter(actor, {
          objectId: randomUUID(),
          username: 'new@partner.example',
          tenants: wanted(),
        }),
      () => given.apiKeys.create(actor, { name: 'way out', role: 'reader', tenants: wanted() }),
    ]

    for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject({ code: 'forbidden' })
    expect(await database.db.apiKey.count()).toBe(0)
    expect(await database.db.staffMember.count({ where: { seesAll: true } })).toBe(0)
  },
)

test('what they see themselves they give', async () => {
  const actor = await limitedAdmin()
  const id = await colleague({ tags: [], ids: [] })

  await given.members.limit(actor, id, { tags: ['north'], ids: [northern] })
  const { view } = await given.apiKeys.create(actor, { name: 'north', role: 'admin', tenants: north })

  expect(view.tenants).toEqual(north)
  expect((await given.members.get(admin, id)).tenants).toEqual({ tags: ['north'], ids: [northern] })
})

test('staff who see more are not found, neither in lists nor by id', async () => {
  const actor = await limitedAdmin()
  const [all, south, same] = [
    await colleague('all'),
    await colleague({ tags: ['south'], ids: [] }),
    await colleague(north),
  ]

  const known = (await given.members.list(actor)).map(({ objectId }) => objectId)

  expect(known.toSorted()).toEqual([actor.id, same].toSorted())
  for (const id of [all, south]) {
    for (const attempt of [
      () => given.members.get(actor, id),
      () => given.members.limit(actor, id, north),
      () => given.members.remove(actor, id),
    ])
      await expect(attempt()).rejects.toMatchObject({ code: 'not_found' })
    const entering = { objectId: id, username: 'back@partner.example', tenants: north }
    await expect(given.members.enter(actor, entering)).rejects.toMatchObject({ code: 'conflict' })
  }
  expect((await given.members.get(admin, all)).tenants).toBe('all')
})

test('keys that see more are not found, and are not revoked', async () => {
  const actor = await limitedAdmin()
  const boss: Actor = { ...admin, id: await given.signedIn(['admin']) }
  const theirs = await given.apiKeys.create(boss, { name: 'theirs', role: 'reader' })
  const ours = await given.apiKeys.create(boss, { name: 'ours', role: 'reader', tenants: north })

  expect((await given.apiKeys.list(actor)).map(({ name }) => name)).toEqual(['ours'])
  await expect(given.apiKeys.revoke(actor, theirs.view.id)).rejects.toMatchObject({ code: 'not_found' })
  await given.apiKeys.revoke(actor, ours.view.id)
})

test('who is no administrator gives nothing', async () => {
  for (const role of ['analyst', 'responder', 'reader'] as const) {
    const actor: Actor = { ...admin, id: await given.signedIn([role]), role, roles: [role] }
    await expect(given.apiKeys.create(actor, { name: 'x', role: 'reader' })).rejects.toMatchObject({
      code: 'forbidden',
    })
    await expect(given.members.limit(actor, actor.id, 'all')).rejects.toMatchObject({ code: 'forbidden' })
    await expect(given.members.list(actor)).rejects.toMatchObject({ code: 'forbidden' })
  }
})

test('with TENANTRY_NEW_STAFF=none whoever signs in first sees nothing, unless they were entered', async () => {
  const strict = givenStaff(database.db, { newStaff: 'none' })
  const stranger = await strict.signedIn(['analyst'])
  const objectId = randomUUID()
  await strict.members.enter(admin, { objectId, username: 'ada@partner.example', tenants: north })
  await strict.signIn(objectId, ['analyst'], new Date())

  expect((await strict.members.get(admin, stranger)).tenants).toEqual({ tags: [], ids: [] })
  expect(await strict.members.get(admin, objectId)).toMatchObject({ tenants: north, roles: ['analyst'] })
})

test('somebody who was removed is not let in by a sign-in, and comes back when entered', async () => {
  const id = await given.signedIn(['admin'])
  await given.members.remove(admin, id)

  expect(await given.signIn(id, ['admin'], new Date())).toBeNull()
  await given.members.enter(admin, { objectId: id, username: 'back@partner.example', tenants: north })
  expect(await given.signIn(id, ['admin'], new Date())).toMatchObject({ tenants: north })
  await expect(given.members.remove({ ...admin, id }, id)).rejects.toMatchObject({ code: 'conflict' })
})

test.each([
  ['no object id', { objectId: 'ada', username: 'ada@partner.example' }, 'objectId'],
  ['no user name', { objectId: randomUUID(), username: 'ada' }, 'username'],
])('who has %s is not entered', async (_what, person, field) => {
  const refusal = await given.members.enter(admin, { ...person, tenants: 'all' }).catch(error => error)

  expect(refusal).toMatchObject({ code: 'invalid', details: { fields: { [field]: expect.any(String) } } })
})
