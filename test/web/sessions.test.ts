import { createHash, randomUUID } from 'node:crypto'
import { Signer } from '@fastify/cookie'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { type Staff, signedIn, words } from '../helpers/staff.ts'

let running: RunningApp

beforeAll(async () => {
  running = await startApp({ work: false })
})

afterAll(() => running?.close())

beforeEach(async () => {
  await running.database.db.session.deleteMany()
  await running.database.db.staffMember.updateMany({ data: { removedAt: null } })
})

const cookieOf = (staff: Staff) => staff.cookies(running.url).get('tenantry') ?? ''
const isIn = async (staff: Staff) => (await staff.get('/tenants')).status === 200
const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000)
const only = () => running.database.db.session.findFirstOrThrow()

async function ask(cookie: string, headers: Record<string, string> = {}) {
  const answer = await fetch(`${running.url}/tenants`, {
    redirect: 'manual',
    headers: { cookie: `tenantry=${cookie}`, accept: 'text/html', ...headers },
  })
  return answer.status
}

test('each sign-in has an id of its own, and the one before is worth nothing', async () => {
  const staff = await signedIn(running)
  const first = cookieOf(staff)

  const again = await staff.send('/settings', '/sign-in', { returnTo: '/tenants' })
  const { chooseAccount } = await import('../helpers/visitor.ts')
  await staff.follow(await chooseAccount(staff, again, running.simulator.origin, 'admin@partner.example'))

  expect(cookieOf(staff)).not.toBe(first)
  expect(await isIn(staff)).toBe(true)
  expect(await ask(first)).toBe(303)
  expect(await running.database.db.session.count()).toBe(1)
})

test('a session that is not used ends, and one that is used ends at its time all the same', async () => {
  const { db } = running.database
  const staff = await signedIn(running)
  const { expiresAt } = await only()

  await db.session.updateMany({ data: { lastSeenAt: minutesAgo(59) } })
  const { objectId } = await only()
  const page = `/settings/staff/${objectId}`
  // Writes the session, for what the next page says.
  expect(words((await staff.send(page, `${page}/limits`, { sees: 'all' })).text)).toContain(
    'Sees every tenant',
  )
  expect((await only()).expiresAt).toEqual(expiresAt)
  expect(expiresAt.getTime() - Date.now()).toBeLessThanOrEqual(12 * 3_600_000)

  await db.session.updateMany({ data: { expiresAt: minutesAgo(0) } })
  expect(await isIn(staff)).toBe(false)
  await db.session.updateMany({ data: { expiresAt, lastSeenAt: minutesAgo(61) } })
  expect(await isIn(staff)).toBe(false)
})

/** A session as if it were last seen then, which this process has not met yet. @returns the cookie's value */
async function sessionSeen(lastSeenAt: Date): Promise<string> {
  const row = await only()
  const id = randomUUID()
  const { id: _id, data, ...columns } = row
  const idHash = createHash('sha256').update(id).digest('hex')
  await running.database.db.session.create({
    data: { ...columns, data: data as object, idHash, lastSeenAt, id: randomUUID() },
  })
  await running.database.db.session.delete({ where: { idHash: row.idHash } })
  return encodeURIComponent(new Signer(running.services.cookieSecret).sign(id))
}

test('use is written once a minute', async () => {
  await signedIn(running)
  const cookie = await sessionSeen(minutesAgo(5))

  expect(await ask(cookie)).toBe(200)
  const { lastSeenAt } = await only()
  expect(lastSeenAt.getTime()).toBeGreaterThan(minutesAgo(1).getTime())
  for (let count = 0; count < 5; count += 1) await ask(cookie)
  expect((await only()).lastSeenAt).toEqual(lastSeenAt)
})

test('what a page asks by itself is no use of a session', async () => {
  await signedIn(running)
  const before = minutesAgo(5)
  const cookie = await sessionSeen(before)

  expect(await ask(cookie, { 'x-by-itself': '1' })).toBe(200)
  expect((await only()).lastSeenAt).toEqual(before)
})

test('roles and limits are read at every request', async () => {
  const { members } = running.services
  const staff = await signedIn(running, 'analyst@partner.example')
  const { objectId } = await only()
  const person = { objectId: objectId ?? '', username: 'analyst@partner.example', name: 'Security analyst' }
  const proof = { sid: null, loginHint: null, authenticatedAt: null, acrs: [] }
  expect((await staff.get('/library/import')).status).toBe(200)

  await members.signedIn({ ...person, ...proof, roles: ['reader'] })
  expect((await staff.get('/library/import')).status).toBe(403)

  await members.signedIn({ ...person, ...proof, roles: [] })
  expect(await isIn(staff)).toBe(false)
  expect((await staff.get('/no-role')).status).toBe(403)
})

test('people see their sessions and end each, but not those of others', async () => {
  const [here, there] = [await signedIn(running), await signedIn(running)]
  const other = await signedIn(running, 'reader@partner.example')

  const page = await here.get('/account/sessions')
  const sessions = await running.database.db.session.findMany({ orderBy: { createdAt: 'asc' } })
  const [, second, foreign] = sessions.map(({ id }) => id)

  expect(words(page.text)).toContain('(this one)')
  expect(page.text).toContain(second)
  expect(page.text).not.toContain(foreign)
  expect((await here.send('/account/sessions', `/account/sessions/${foreign}/end`)).status).toBe(404)
  await here.send('/account/sessions', `/account/sessions/${second}/end`)
  expect([await isIn(here), await isIn(there), await isIn(other)]).toEqual([true, false, true])
})

test('an administrator sees and ends the sessions of somebody, a reader those of nobody', async () => {
  const [boss, reader] = [await signedIn(running), await signedIn(running, 'reader@partner.example')]
  const { objectId } = await running.database.db.staffMember.findFirstOrThrow({
    where: { username: 'reader@partner.example' },
  })
  const page = `/settings/staff/${objectId}`

  expect((await reader.get(page)).status).toBe(403)
  expect(words((await boss.get(page)).text)).toContain('reader@partner.example')
  await boss.send(page, `${page}/sessions/end`)

  expect([await isIn(boss), await isIn(reader)]).toEqual([true, false])
})

test('whoever is removed is out at once, is told so, and does not come back by signing in', async () => {
  const [boss, reader] = [await signedIn(running), await signedIn(running, 'reader@partner.example')]
  const { objectId } = await running.database.db.staffMember.findFirstOrThrow({
    where: { username: 'reader@partner.example' },
  })

  await boss.send(`/settings/staff/${objectId}`, `/settings/staff/${objectId}/removal`)

  expect(await isIn(reader)).toBe(false)
  const again = await signedIn(running, 'reader@partner.example')
  expect(await isIn(again)).toBe(false)
  expect(words((await again.get('/no-role')).text)).toContain('You were removed')
})

test('the cookie of an https installation is bound to its host', async () => {
  const origin = 'https://console.partner.example'
  const https = await startApp({ work: false, settings: { TENANTRY_PUBLIC_URL: origin } })
  try {
    const headers = { host: 'console.partner.example', 'x-forwarded-proto': 'https' }
    const page = await https.app.inject({ url: '/sign-in', headers })
    const csrf = page.cookies.find(({ name }) => name.endsWith('csrf'))
    const id = 'x'.repeat(43)
    const plain = await https.app.inject({ url: '/tenants', headers, cookies: { tenantry: id } })

    expect(csrf).toMatchObject({ name: '__Host-tenantry-csrf', secure: true, httpOnly: true, path: '/' })
    expect(csrf?.domain).toBeUndefined()
    expect(plain.statusCode).toBe(303)
  } finally {
    await https.close()
  }
})
