import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { createVisitor, goToEntra } from '../helpers/visitor.ts'

let running: RunningApp

beforeAll(async () => {
  running = await startApp({ work: false })
})

afterEach(() => {
  running.simulator.control.clearFaults()
})

afterAll(async () => {
  await running?.close()
})

test('staff land where they wanted to go, with a session that only its cookie opens', async () => {
  const visitor = createVisitor(running.url)
  const back = await goToEntra(visitor, running, 'admin@partner.example', '/audit?result=ok')

  const landed = await visitor.get(back.location ?? '')
  const page = await visitor.follow(landed)

  expect(landed).toMatchObject({ status: 303, location: `${running.url}/audit?result=ok` })
  expect(page.status).toBe(200)
  const rows = await running.database.db.session.findMany()
  const cookie = decodeURIComponent(visitor.cookies(running.url).get('tenantry') ?? '')
  expect(JSON.stringify(rows)).not.toContain(cookie.split('.')[0])
})

test('the redirect from Entra works once', async () => {
  const visitor = createVisitor(running.url)
  const back = await goToEntra(visitor, running, 'admin@partner.example')
  await visitor.get(back.location ?? '')

  const again = await visitor.get(back.location ?? '')

  expect(again.status).toBe(400)
  expect(again.text).toContain('was not started in this browser, or it was used already')
})

test('a redirect that another browser started is refused', async () => {
  const victim = createVisitor(running.url)
  const back = await goToEntra(createVisitor(running.url), running, 'admin@partner.example')

  const answer = await victim.get(back.location ?? '')

  expect(answer.status).toBe(400)
  expect((await victim.get('/')).location).toContain('/sign-in')
})

test('a forged state, a forged code and a missing code are refused with the reason', async () => {
  for (const [change, reason] of [
    [(url: URL) => url.searchParams.set('state', 'forged'), 'not started in this browser'],
    [(url: URL) => url.searchParams.set('code', 'forged'), 'What to do'],
    [(url: URL) => url.searchParams.delete('code'), 'neither'],
  ] as const) {
    const visitor = createVisitor(running.url)
    const back = await goToEntra(visitor, running, 'admin@partner.example')
    const url = new URL(back.location ?? '')
    change(url)

    const answer = await visitor.get(url.href)

    expect(answer.status, url.search).toBeGreaterThanOrEqual(400)
    expect(answer.text).toContain('You are not signed in')
    expect(answer.text).toContain(reason)
  }
})

test('a refusal by Entra is shown with its code and what to do', async () => {
  const visitor = createVisitor(running.url)
  running.simulator.control.setNextSignIn({ aadsts: 50105 })

  const back = await goToEntra(visitor, running, 'admin@partner.example')
  const answer = await visitor.get(back.location ?? '')

  expect(answer.status).toBeGreaterThanOrEqual(400)
  expect(answer.text).toContain('You are not signed in')
  expect(answer.text).toContain('What to do')
})

test('a malformed or throttled answer to the code is shown and signs nobody in', async () => {
  for (const kind of ['truncated-json', 'throttle-text'] as const) {
    const visitor = createVisitor(running.url)
    const back = await goToEntra(visitor, running, 'admin@partner.example')
    running.simulator.control.addFault({ service: 'login', path: '/token', kind, retryAfterSeconds: 3600 })

    const answer = await visitor.get(back.location ?? '')
    running.simulator.control.clearFaults()

    expect(answer.status, kind).toBeGreaterThanOrEqual(400)
    expect(answer.text).toContain('You are not signed in')
    expect((await visitor.get('/')).location).toContain('/sign-in')
  }
})

test('somebody without a role sees what to ask for and nothing else', async () => {
  const visitor = createVisitor(running.url)
  const back = await goToEntra(visitor, running, 'newcomer@partner.example')

  const page = await visitor.follow(await visitor.get(back.location ?? ''))

  expect(page.text).toContain('You need a role to enter')
  expect((await visitor.get('/tenants')).location).toContain('/sign-in')
})

test('a sign-in may lead only to pages of this installation', async () => {
  for (const target of [
    'https://evil.example/',
    '//evil.example/',
    '/\\evil.example',
    'javascript:alert(1)',
  ]) {
    const visitor = createVisitor(running.url)
    const back = await goToEntra(visitor, running, 'reader@partner.example', target)

    const landed = await visitor.get(back.location ?? '')

    expect(landed.location, target).toBe(`${running.url}/`)
  }
})

test('signing out ends the session here and leads to Entra', async () => {
  const visitor = createVisitor(running.url)
  const back = await goToEntra(visitor, running, 'reader@partner.example')
  await visitor.follow(await visitor.get(back.location ?? ''))

  const out = await visitor.post('/sign-out')

  expect(out.location).toContain('/oauth2/v2.0/logout')
  expect((await visitor.get('/tenants')).location).toContain('/sign-in')
})

test('a form without its anti-forgery token is refused', async () => {
  const visitor = createVisitor(running.url)
  await visitor.get('/sign-in')

  const answer = await visitor.post('/sign-in', { _csrf: 'forged' })

  expect(answer.status).toBe(403)
})

test('a sign-out at Entra ends the session here', async () => {
  const visitor = createVisitor(running.url)
  const back = await goToEntra(visitor, running, 'analyst@partner.example')
  await visitor.follow(await visitor.get(back.location ?? ''))
  const row = await running.database.db.session.findFirstOrThrow({
    where: { entraSid: { not: null } },
    orderBy: { expiresAt: 'desc' },
  })

  await createVisitor(running.url).get(`/auth/front-channel-sign-out?sid=${row.entraSid}`)

  expect((await visitor.get('/tenants')).location).toContain('/sign-in')
})
