import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isKeyText, newKeyText } from '../../src/staff/keys/key-text.ts'
import { isWithinNetworks, readNetworks } from '../../src/staff/keys/networks.ts'
import { type Actor, systemActor } from '../../src/tenants/actor.ts'
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts'
import { admin } from '../tenants/givens.ts'
import { givenStaff } from './given-staff.ts'

const from = { address: '192.0.2.7', requestId: null }
const dayMs = 86_400_000

let database: TestDatabase

beforeAll(async () => {
  database = await createTestDatabase()
})

afterAll(() => database?.drop())

/** Keys with a clock that can be set forward. */
function stage() {
  let time = Date.now()
  const given = givenStaff(database.db, { now: () => new Date(time) })
  return {
    ...given,
    pass: (days: number) => {
      time += days * dayMs
    },
    refusalOf: (key: string, address = from.address) =>
      given.apiKeys.actorOf(key, { ...from, address }).then(
        () => null,
        error => error.message as string,
      ),
  }
}

test('a key has a prefix and a checksum that scanners can be certain of', () => {
  for (let count = 0; count < 200; count += 1) {
    const key = newKeyText()
    expect(key).toMatch(/^tnt_[0-9A-Za-z]{49}$/)
    expect(isKeyText(key)).toBe(true)
  }
  const known = newKeyText(() => Buffer.alloc(32))
  expect(known).toBe(`tnt_${'0'.repeat(43)}2CZclj`)
  expect(isKeyText(`${known.slice(0, -1)}k`)).toBe(false)
  expect(isKeyText('tnt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA-_A')).toBe(true)
  expect(isKeyText('tnt_short')).toBe(false)
})

test.each([
  ['192.0.2.7', ['192.0.2.0/24'], true],
  ['192.0.3.7', ['192.0.2.0/24'], false],
  ['::ffff:192.0.2.7', ['192.0.2.7'], true],
  ['2001:db8::1', ['2001:db8::/32', '192.0.2.0/24'], true],
  ['2001:db9::1', ['2001:db8::/32'], false],
  ['nonsense', ['192.0.2.0/24'], false],
])('an address %s within %j: %s', (address, networks, expected) => {
  expect(isWithinNetworks(address, readNetworks(networks))).toBe(expected)
})

test.each(['0.0.0.0/0', '::/0', '192.0.2.0/33', 'localhost', '192.0.2', '1/8', "'; drop"])(
  'a key is not limited to "%s"',
  network => {
    expect(() => readNetworks([network])).toThrow('neither an address nor a network')
  },
)

test('networks are kept in one spelling', () => {
  expect(readNetworks([' 192.0.2.9/24', '192.0.2.0/24', '2001:DB8::1/32', '10.0.0.1'])).toEqual([
    '10.0.0.1/32',
    '192.0.2.0/24',
    '2001:db8::/32',
  ])
})

test('a key ends after the usual time, and lives no longer than the settings let it', async () => {
  const { apiKeys, pass, refusalOf } = stage()
  const make = (expiresInDays?: number) =>
    apiKeys.create(systemActor, {
      name: 'script',
      role: 'reader',
      ...(expiresInDays === undefined ? {} : { expiresInDays }),
    })
  const { key, view } = await make()

  expect(Date.parse(view.expiresAt) - Date.parse(view.createdAt)).toBe(90 * dayMs)
  for (const days of [0, -1, 1.5, 366, Number.NaN])
    await expect(make(days)).rejects.toMatchObject({ code: 'invalid' })
  expect(await refusalOf(key)).toBeNull()
  pass(91)
  expect(await refusalOf(key)).toMatch(/expired on/)
})

test('a key says when and from where it was used last, written once a minute', async () => {
  const { apiKeys, pass } = stage()
  const { key, view } = await apiKeys.create(systemActor, { name: 'counted', role: 'reader' })
  const usedBy = async () => (await apiKeys.list(systemActor)).find(({ id }) => id === view.id)

  await apiKeys.actorOf(key, from)
  await apiKeys.actorOf(key, { ...from, address: '192.0.2.8' })
  expect(await usedBy()).toMatchObject({ lastUsedAddress: '192.0.2.7' })

  pass(1)
  await apiKeys.actorOf(key, { ...from, address: '192.0.2.9' })
  expect(await usedBy()).toMatchObject({ lastUsedAddress: '192.0.2.9' })
})

test('a key that was taken elsewhere is refused there', async () => {
  const { apiKeys, refusalOf } = stage()
  const { key } = await apiKeys.create(systemActor, {
    name: 'at home',
    role: 'reader',
    addresses: ['192.0.2.0/24'],
  })

  expect(await refusalOf(key)).toBeNull()
  expect(await refusalOf(key, '198.51.100.1')).toMatch(/may not be used from 198.51.100.1/)
  expect(await refusalOf(newKeyText())).toMatch(/is not known/)
})

type Change = (given: ReturnType<typeof stage>, owner: string) => Promise<unknown>

test.each<[string, Change, RegExp]>([
  ['was removed', ({ members }, owner) => members.remove(systemActor, owner), /was removed on/],
  ['lost every role', ({ signIn }, owner) => signIn(owner, [], new Date()), /has no role here any more/],
  ['is a reader now', ({ signIn }, owner) => signIn(owner, ['reader'], new Date()), /may do more than/],
  ['has not come for long', async given => given.pass(91), /expired on|has not signed in since/],
  [
    'sees less now',
    ({ members }, owner) => members.limit(systemActor, owner, { tags: ['north'], ids: [] }),
    /sees more than/,
  ],
])('the key of somebody who %s stops', async (_what, change, reason) => {
  const given = stage()
  const owner = await given.signedIn(['admin'])
  const actor: Actor = { ...admin, id: owner }
  const { key } = await given.apiKeys.create(actor, { name: 'theirs', role: 'analyst', expiresInDays: 365 })
  expect(await given.refusalOf(key)).toBeNull()

  await change(given, owner)

  expect(await given.refusalOf(key)).toMatch(reason)
})

test('a key that a key made stops with the person behind the first one', async () => {
  const given = stage()
  const owner = await given.signedIn(['admin'])
  const first = await given.apiKeys.create({ ...admin, id: owner }, { name: 'first', role: 'admin' })
  const asFirst = await given.apiKeys.actorOf(first.key, from)
  const second = await given.apiKeys.create(asFirst, { name: 'second', role: 'admin' })
  expect(await given.refusalOf(second.key)).toBeNull()

  await given.members.remove(systemActor, owner)

  expect(await given.refusalOf(second.key)).toMatch(/was removed on/)
})

test('a key of somebody who is not known opens nothing', async () => {
  const given = stage()
  const { key } = await given.apiKeys.create({ ...admin, id: randomUUID() }, { name: 'x', role: 'reader' })

  expect(await given.refusalOf(key)).toMatch(/belongs to nobody/)
})
