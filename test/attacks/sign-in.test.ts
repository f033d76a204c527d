import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { localPath } from '../../src/staff/sign-in.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { createVisitor, goToEntra, type Visitor } from '../helpers/visitor.ts'

let running: RunningApp

beforeAll(async () => {
  running = await startApp({ work: false })
})

afterAll(() => running?.close())

const admin = 'admin@partner.example'
const isSignedIn = async (visitor: Visitor) => (await visitor.get('/tenants')).status === 200
const cookieHeader = (visitor: Visitor) =>
  [...visitor.cookies(running.url)].map(([name, value]) => `${name}=${value}`).join('; ')
const attemptsOf = (visitor: Visitor) =>
  [...visitor.cookies(running.url).keys()].filter(name => name.startsWith('tenantry-sign-in-'))

test('signing in from two tabs of one browser: each tab lands where it wanted to go', async () => {
  const browser = createVisitor(running.url)
  const first = await goToEntra(browser, running, admin, '/audit')
  const second = await goToEntra(browser, running, admin, '/invitations')

  const landed = [await browser.get(first.location ?? ''), await browser.get(second.location ?? '')]

  expect(landed.map(({ location }) => location)).toEqual([
    `${running.url}/audit`,
    `${running.url}/invitations`,
  ])
  expect(await isSignedIn(browser)).toBe(true)
  expect(attemptsOf(browser)).toEqual([])
})

test('tabs that were restored together have one token too many: the browser’s word suffices', async () => {
  const [one, other] = [createVisitor(running.url), createVisitor(running.url)]
  const outdated = /name="_csrf" value="([^"]+)"/.exec((await one.get('/sign-in')).text)?.[1] ?? ''
  await other.get('/sign-in')
  const press = (headers: Record<string, string>) =>
    fetch(`${running.url}/sign-in`, {
      method: 'POST',
      redirect: 'manual',
      headers: { cookie: cookieHeader(other), ...headers },
      body: new URLSearchParams({ _csrf: outdated }),
    })

  const ours = await press({ origin: running.url, 'sec-fetch-site': 'same-origin' })
  const silent = await press({})
  const foreign = await press({ origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' })

  expect([ours.status, silent.status, foreign.status]).toEqual([303, 403, 403])
})

test('a forged callback ends no session and no sign-in that is under way', async () => {
  const browser = createVisitor(running.url)
  await browser.follow(await goToEntra(browser, running, admin))
  const underWay = await goToEntraAgain(browser)
  const before = cookieHeader(browser)

  const forged = await browser.get('/auth/callback?code=forged&state=forged')
  const refused = await browser.get('/auth/callback?error=access_denied&state=forged')
  const empty = await browser.get('/auth/callback?code=forged')

  expect([forged.status, refused.status, empty.status]).toEqual([400, 400, 400])
  expect(cookieHeader(browser)).toBe(before)
  expect(await isSignedIn(browser)).toBe(true)
  expect((await browser.get(underWay)).status).toBe(303)
})

/** A second sign-in of somebody who is signed in, up to the callback. */
async function goToEntraAgain(browser: Visitor): Promise<string> {
  await browser.get('/settings')
  const away = await browser.post('/sign-in', { returnTo: '/audit' })
  const page = await browser.get(away.location ?? '')
  return page.location ?? (await chosen(browser, page))
}

async function chosen(browser: Visitor, page: { text: string; url: string }): Promise<string> {
  const { chooseAccount } = await import('../helpers/visitor.ts')
  const back = await chooseAccount(
    browser,
    { ...page, status: 200, location: null },
    running.simulator.origin,
    admin,
  )
  return back.location ?? ''
}

test('a preview of the callback by HEAD uses nothing up', async () => {
  const browser = createVisitor(running.url)
  const back = await goToEntra(browser, running, admin)

  const looked = await fetch(back.location ?? '', {
    method: 'HEAD',
    redirect: 'manual',
    headers: { cookie: cookieHeader(browser) },
  })

  expect(looked.status).toBe(404)
  expect((await browser.get(back.location ?? '')).status).toBe(303)
})

test('starting sign-ins without end fills neither the database nor the browser', async () => {
  const browser = createVisitor(running.url)
  await browser.get('/sign-in')
  const before = await running.database.db.session.count()

  for (let count = 0; count < 12; count += 1) await browser.post('/sign-in', { returnTo: '/' })

  expect(await running.database.db.session.count()).toBe(before)
  expect(attemptsOf(browser).length).toBeLessThanOrEqual(4)
  const last = await goToEntra(browser, running, admin, '/audit')
  expect((await browser.get(last.location ?? '')).location).toBe(`${running.url}/audit`)
})

test('one of our own signed values under another name is no attempt of ours', async () => {
  const browser = createVisitor(running.url)
  const back = await goToEntra(browser, running, admin)
  const [name = ''] = attemptsOf(browser)
  const cookies = browser.cookies(running.url)
  const other = cookies.get('tenantry-csrf') ?? ''

  for (const value of [other, 'x', '%', '%E0%A4%A', `${cookies.get(name)}x`, '']) {
    const answer = await fetch(back.location ?? '', {
      redirect: 'manual',
      headers: { cookie: `${name}=${value}; tenantry-end=${value}; tenantry=${value}` },
    })
    const ended = await fetch(`${running.url}/consent/result/approved`, {
      headers: { cookie: `tenantry-end=${value}` },
    })

    expect([answer.status, ended.status], value).toEqual([400, 404])
  }
})

test('a sign-in leads to no other site, however the address is spelled', async () => {
  const targets = [
    '/.//evil.example',
    '/..//evil.example',
    '/x/..//evil.example/y',
    '/./\\evil.example',
    '/\t/evil.example',
    '/%2e//evil.example',
    '//evil.example',
    '/\\evil.example',
    'https://evil.example/',
    'javascript:alert(1)',
  ]
  const signedIn = createVisitor(running.url)
  await signedIn.follow(await goToEntra(signedIn, running, admin))

  for (const target of targets) {
    const browser = createVisitor(running.url)
    const page = await browser.get(`/sign-in?returnTo=${encodeURIComponent(target)}`)
    const back = await goToEntra(browser, running, admin, target)
    const landed = await browser.get(back.location ?? '')
    const there = await signedIn.get(`/sign-in?returnTo=${encodeURIComponent(target)}`)

    expect(page.text, target).not.toContain('evil.example')
    expect(landed.location, target).toBe(`${running.url}/`)
    expect(there.location, target).toBe(`${running.url}/`)
  }
})

test('whatever is returned to is a path that is read the same way a second time', () => {
  const parts = [
    '/',
    '\\',
    '.',
    '..',
    '//',
    'evil.example',
    '@',
    ':',
    '?',
    '#',
    '%2f',
    '%5c',
    '%2e',
    '\t',
    '\n',
    ' ',
    'x',
  ]
  const origin = 'https://console.partner.example'

  fc.assert(
    fc.property(fc.array(fc.constantFrom(...parts), { maxLength: 9 }), pieces => {
      const path = localPath(pieces.join(''), origin)

      expect(new URL(path, origin).origin).toBe(origin)
      expect(localPath(path, origin)).toBe(path)
    }),
    { numRuns: 5000 },
  )
})

test('sign-ins are slowed down by address', async () => {
  const start = () => running.app.inject({ method: 'POST', url: '/sign-in', remoteAddress: '203.0.113.7' })
  const answers = await Promise.all(Array.from({ length: 70 }, start))

  const slowed = answers.filter(({ statusCode }) => statusCode === 429)
  expect(slowed.length).toBeGreaterThanOrEqual(10)
  expect(Number(slowed[0]?.headers['retry-after'])).toBeGreaterThan(0)
})
