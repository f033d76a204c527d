import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CurrentAccess } from '../../src/staff/current-access.ts'
import { type StaffRole, systemActor } from '../../src/tenants/actor.ts'
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts'
import { givenStaff } from './given-staff.ts'

const today = new Date('2026-11-22T12:00:00Z')
const daysAgo = (days: number) => new Date(today.getTime() - days * 86_400_000)

let database: TestDatabase

beforeAll(async () => {
  database = await createTestDatabase()
})

afterAll(() => database.drop())

function staff() {
  const given = givenStaff(database.db, { now: () => today })
  return {
    ...given,
    async standingOf(kind: string, id: string): Promise<CurrentAccess | undefined> {
      return (await given.currentAccessOf([{ kind, id }])).get(id)
    },
    signedIn: (role: StaffRole | null, at: Date) => given.signedIn(role ? [role] : [], at),
  }
}

test('staff may do what their role and their tags say now', async () => {
  const { signedIn, standingOf, members } = staff()
  const id = await signedIn('analyst', daysAgo(1))
  await members.limit(systemActor, id, { tags: ['north'], ids: [] })

  expect(await standingOf('staff', id)).toMatchObject({
    actor: { kind: 'staff', id, role: 'analyst', tenants: { tags: ['north'], ids: [] } },
    gone: null,
  })
})

test.each([
  ['lost their role', null, 0, 'has no role here any more'],
  ['became readers', 'reader', 0, 'may look only, and not hunt'],
  ['have not come for long', 'admin', 91, 'has not signed in since 2026-08-23'],
] as const)('staff who %s are gone', async (_what, role, days, gone) => {
  const { signedIn, standingOf } = staff()
  const id = await signedIn(role, daysAgo(days))

  expect(await standingOf('staff', id)).toEqual({ actor: null, gone })
})

test('somebody who was away comes back by signing in', async () => {
  const { standingOf, signedIn, signIn } = staff()
  const objectId = await signedIn('analyst', daysAgo(200))

  await signIn(objectId, ['analyst'], today)

  expect(await standingOf('staff', objectId)).toMatchObject({ gone: null })
})

test('an API key may do what it was made for until it is revoked', async () => {
  const { apiKeys, standingOf } = staff()
  const made = { name: 'ticket system', role: 'analyst' as const, tenants: { tags: ['south'], ids: [] } }
  const { view } = await apiKeys.create(systemActor, made)

  const before = await standingOf('api-key', view.id)
  await apiKeys.revoke(systemActor, view.id)
  const after = await standingOf('api-key', view.id)

  expect(before).toMatchObject({
    actor: { kind: 'api-key', role: 'analyst', tenants: { tags: ['south'], ids: [] } },
  })
  expect(after).toEqual({ actor: null, gone: 'was revoked on 2026-11-22' })
})

test('nothing is said of who is not known', async () => {
  const { standingOf } = staff()

  expect(await standingOf('staff', randomUUID())).toBeUndefined()
  expect(await standingOf('system', 'command-line')).toBeUndefined()
})
