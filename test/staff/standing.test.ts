import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAudit } from '../../src/audit/audit.ts'
import { createApiKeys } from '../../src/staff/api-keys.ts'
import { createMembers } from '../../src/staff/members.ts'
import { createStandings, type Standing } from '../../src/staff/standing.ts'
import { createStaffStore } from '../../src/staff/store.ts'
import { type StaffRole, systemActor } from '../../src/tenants/actor.ts'
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts'

const today = new Date('2026-11-22T12:00:00Z')
const daysAgo = (days: number) => new Date(today.getTime() - days * 86_400_000)

let database: TestDatabase

beforeAll(async () => {
  database = await createTestDatabase()
})

afterAll(() => database.drop())

function staff() {
  const { db } = database
  const store = createStaffStore(db)
  const audit = createAudit({ db, key: Buffer.alloc(32, 1) })
  const membersAt = (now: Date) => createMembers({ store, audit, now: () => now })
  return {
    membersAt,
    apiKeys: createApiKeys({ store, audit, now: () => today }),
    async standingOf(kind: string, id: string): Promise<Standing | undefined> {
      return (await createStandings({ store, now: () => today })([{ kind, id }])).get(id)
    },
    async signedIn(role: StaffRole | null, at: Date): Promise<string> {
      const objectId = randomUUID()
      const person = { objectId, username: `${objectId}@partner.example`, name: 'Ada', role }
      await membersAt(at).signedIn({ ...person, sid: null, loginHint: null })
      return objectId
    },
  }
}

test('staff may do what their role and their tags say now', async () => {
  const { signedIn, standingOf, membersAt } = staff()
  const id = await signedIn('analyst', daysAgo(1))
  await membersAt(today).limit(systemActor, id, ['north'])

  expect(await standingOf('staff', id)).toMatchObject({
    actor: { kind: 'staff', id, role: 'analyst', limitedToTags: ['north'] },
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
  const { signedIn, standingOf, membersAt } = staff()
  const objectId = await signedIn('analyst', daysAgo(200))
  const person = { objectId, username: 'back@partner.example', name: 'Ada', role: 'analyst' as const }

  await membersAt(today).signedIn({ ...person, sid: null, loginHint: null })

  expect(await standingOf('staff', objectId)).toMatchObject({ gone: null })
})

test('an API key may do what it was made for until it is revoked', async () => {
  const { apiKeys, standingOf } = staff()
  const made = { name: 'ticket system', role: 'analyst' as const, limitedToTags: ['south'] }
  const { view } = await apiKeys.create(systemActor, made)

  const before = await standingOf('api-key', view.id)
  await apiKeys.revoke(systemActor, view.id)
  const after = await standingOf('api-key', view.id)

  expect(before).toMatchObject({ actor: { kind: 'api-key', role: 'analyst', limitedToTags: ['south'] } })
  expect(after).toEqual({ actor: null, gone: 'was revoked on 2026-11-22' })
})

test('nothing is said of who is not known', async () => {
  const { standingOf } = staff()

  expect(await standingOf('staff', randomUUID())).toBeUndefined()
  expect(await standingOf('system', 'command-line')).toBeUndefined()
})
