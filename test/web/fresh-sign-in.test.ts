import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { type Staff, signedIn, words } from '../helpers/staff.ts'
import { chooseAccount, type Visited } from '../helpers/visitor.ts'

let running: RunningApp

beforeAll(async () => {
  running = await startApp({ work: false })
})

afterAll(() => running?.close())

const admin = 'admin@partner.example'

/** Makes every sign-in here, and at the simulated Entra's word, so many minutes old. */
async function age(app: RunningApp, minutes: number): Promise<void> {
  const at = new Date(Date.now() - minutes * 60_000).toISOString()
  await app.database.db.$executeRaw`
    UPDATE "Session" SET data = jsonb_set(data, '{staff,authenticatedAt}', to_jsonb(${at}::text))`
}

/** Asks for a key by the page's form. @returns where that leads */
async function askForKey(staff: Staff, name: string): Promise<Visited> {
  await staff.get('/settings/api-keys')
  return staff.post('/settings/api-keys', { name, role: 'reader', tags: 'north', expiresInDays: '7' })
}

async function signInAgain(app: RunningApp, staff: Staff, away: Visited, username = admin): Promise<Visited> {
  const page = await staff.get(away.location ?? '')
  return staff.follow(await chooseAccount(staff, page, app.simulator.origin, username))
}

const keysNamed = (name: string) => running.database.db.apiKey.count({ where: { name } })

test('a sign-in of the last minutes is enough', async () => {
  const staff = await signedIn(running)

  expect((await askForKey(staff, 'at once')).status).toBe(201)
})

test('an older one is not: the person signs in again, and what was asked for is there to be confirmed', async () => {
  const staff = await signedIn(running)
  await age(running, 16)

  const away = await askForKey(staff, 'after a while')
  const to = new URL(away.location ?? '')
  expect(to.origin).toBe(running.simulator.origin)
  expect(to.searchParams.get('max_age')).toBe('900')
  expect(await keysNamed('after a while')).toBe(0)

  const back = await signInAgain(running, staff, away)
  expect(back.url).toBe(`${running.url}/sign-in/confirm`)
  expect(words(back.text)).toContain('after a while')
  expect(await keysNamed('after a while')).toBe(0)

  const fields = Object.fromEntries(
    [...back.text.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)"/g)].map(([, name, value]) => [
      name ?? '',
      value ?? '',
    ]),
  )
  const { _csrf: _, ...kept } = fields
  expect(kept).toEqual({ name: 'after a while', role: 'reader', tags: 'north', expiresInDays: '7' })
  expect((await staff.post('/settings/api-keys', kept)).status).toBe(201)
  expect(await running.database.db.apiKey.findFirst({ where: { name: 'after a while' } })).toMatchObject({
    limitedToTags: ['north'],
    seesAll: false,
  })
})

test('looking needs no new sign-in, nor does what gives nobody access', async () => {
  const staff = await signedIn(running)
  await age(running, 600)

  expect((await staff.get('/settings/api-keys')).status).toBe(200)
  expect((await staff.send('/', '/notifications/seen')).status).toBe(200)
})

test('another account than the one that asked is refused, and nothing is kept for it', async () => {
  const staff = await signedIn(running)
  await age(running, 16)
  const away = await askForKey(staff, 'of another')

  const back = await signInAgain(running, staff, away, 'analyst@partner.example')

  expect(words(back.text)).toContain('Another account signed in')
  expect((await staff.get('/tenants')).status).toBe(200)
  expect(await keysNamed('of another')).toBe(0)
})

test('a token that does not say when the person signed in is not believed to be of now', async () => {
  const staff = await signedIn(running)
  await age(running, 16)
  const away = await askForKey(staff, 'without a time')
  running.simulator.control.setAuthTimeClaim(false)
  try {
    const back = await signInAgain(running, staff, away)
    expect(words(back.text)).toContain('auth_time')
  } finally {
    running.simulator.control.setAuthTimeClaim(true)
  }
  expect((await askForKey(staff, 'without a time')).status).toBe(303)
})

test('a form is not kept for another site, nor a stranger let in by the page of confirmation', async () => {
  const staff = await signedIn(running)
  await age(running, 16)
  const cookie = [...staff.cookies(running.url)].map(([name, value]) => `${name}=${value}`).join('; ')

  const foreign = await fetch(`${running.url}/settings/api-keys`, {
    method: 'POST',
    redirect: 'manual',
    headers: { cookie, origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    body: new URLSearchParams({ name: 'planted', role: 'admin' }),
  })
  const without = await fetch(`${running.url}/settings/api-keys`, {
    method: 'POST',
    redirect: 'manual',
    headers: { cookie },
    body: new URLSearchParams({ name: 'planted', role: 'admin' }),
  })

  expect([foreign.status, without.status]).toEqual([403, 403])
  expect((await staff.get('/sign-in/confirm')).status).toBe(410)
})

test('with TENANTRY_STAFF_ACR the proof must be as strong as that', async () => {
  const strict = await startApp({ work: false, settings: { TENANTRY_STAFF_ACR: 'c1' } })
  try {
    const staff = await signedIn(strict)
    const away = await askForKey(staff, 'strong')
    expect(new URL(away.location ?? '').searchParams.get('claims')).toContain('"value":"c1"')

    const back = await signInAgain(strict, staff, away)

    expect(back.url).toBe(`${strict.url}/sign-in/confirm`)
    expect((await askForKey(staff, 'strong')).status).toBe(201)
  } finally {
    await strict.close()
  }
})
