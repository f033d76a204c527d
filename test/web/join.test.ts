import { afterAll, beforeAll, expect, test } from 'vitest'
import type { InvitationRecord } from '../../src/invitations/store.ts'
import { systemActor } from '../../src/tenants/actor.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { createVisitor } from '../helpers/visitor.ts'

let running: RunningApp

beforeAll(async () => {
  running = await startApp({ work: false })
})

afterAll(() => running?.close())

type Link = { invitation: InvitationRecord; path: string }

async function givenLink(customerName = 'Alder Freight', tenant: string | null = null): Promise<Link> {
  const { invitations } = running.services
  const invitation = await invitations.create(systemActor, { customerName, tenant })
  const headers = await running.apiKey('admin')
  const answer = await running.app.inject({ url: `/api/v1/invitations/${invitation.id}`, headers })
  return { invitation, path: new URL(answer.json().joinUrl).pathname }
}

async function statusOf({ invitation }: Link): Promise<string> {
  return (await running.services.invitations.get(systemActor, invitation.id)).status
}

function get(url: string, headers: Record<string, string> = {}) {
  return running.app.inject({ url, headers })
}

test('the page says who asks, for what, who may approve and how to take it back', async () => {
  const link = await givenLink()

  const { statusCode, body, headers } = await get(link.path)

  expect(statusCode).toBe(200)
  expect(body).toContain('Northwind Defence asks to help protect Alder Freight')
  expect(body).toContain('Read your security incidents, and assign, comment on and close them for you')
  expect(body).toContain('ThreatHunting.Read.All')
  expect(body).toContain('Privileged Role Administrator')
  expect(body).toContain('Enterprise apps')
  expect(headers['cache-control']).toBe('no-store')
  expect(headers['referrer-policy']).toBe('same-origin')
  expect(await statusOf(link)).toBe('opened')
})

test.each([
  ['a HEAD request', { method: 'HEAD' as const, headers: {} }],
  [
    'a browser that loads ahead',
    { method: 'GET' as const, headers: { 'sec-purpose': 'prefetch;prerender' } },
  ],
  ['a chat preview', { method: 'GET' as const, headers: { 'user-agent': 'Slackbot-LinkExpanding 1.0' } }],
  [
    'a search engine',
    { method: 'GET' as const, headers: { 'user-agent': 'Mozilla/5.0 (compatible; bingbot/2.0)' } },
  ],
])('%s leaves no trace', async (_who, request) => {
  const link = await givenLink()

  const { statusCode } = await running.app.inject({ url: link.path, ...request })

  expect(statusCode).toBe(200)
  expect(await statusOf(link)).toBe('created')
})

test('a customer’s name cannot become markup', async () => {
  const link = await givenLink('<script>alert(1)</script> & Sons')

  const { body } = await get(link.path)

  expect(body).not.toContain('<script>alert(1)')
  expect(body).toContain('&lt;script&gt;alert(1)&lt;/script&gt; &amp; Sons')
})

test('links that lead nowhere say why', async () => {
  const expired = await givenLink()
  const withdrawn = await givenLink()
  const { db } = running.database
  await db.invitation.update({ where: { id: expired.invitation.id }, data: { expiresAt: new Date(0) } })
  await running.services.invitations.revoke(systemActor, withdrawn.invitation.id)

  const answers = await Promise.all(
    [`/join/${'A'.repeat(43)}`, '/join/short', expired.path, withdrawn.path].map(path => get(path)),
  )

  expect(answers.map(({ statusCode }) => statusCode)).toEqual([404, 404, 410, 410])
  expect(answers[0]?.body).toContain('This link is not known')
  expect(answers[2]?.body).toContain('This link has expired')
  expect(answers[3]?.body).toContain('This link was withdrawn')
})

test('continuing leads to Microsoft with a state that stands nowhere else', async () => {
  const [customer] = running.simulator.world.customers()
  const link = await givenLink(customer?.name, customer?.domain)
  const visitor = createVisitor(running.url)
  await visitor.get(link.path)

  const away = await visitor.post(`${link.path}/consent`)

  const address = new URL(away.location ?? '')
  expect(away.status).toBe(303)
  expect(address.origin).toBe(running.simulator.origin)
  expect(address.pathname).toBe(`/${customer?.tenantId}/v2.0/adminconsent`)
  expect(address.searchParams.get('redirect_uri')).toBe(`${running.url}/consent/callback`)
  const rows = await running.database.db.consentAttempt.findMany()
  expect(JSON.stringify(rows)).not.toContain(address.searchParams.get('state'))
  expect(JSON.stringify(rows)).not.toContain(visitor.cookies(running.url).get('tenantry-browser'))
  expect(await statusOf(link)).toBe('started')
})

test('the browser is recognised by a cookie that no script reads and no other site sends along', async () => {
  const link = await givenLink()
  const page = await get(link.path)
  const csrf = /name="_csrf" value="([^"]+)"/.exec(page.body)?.[1] ?? ''
  const cookie = page.cookies.map(({ name, value }) => `${name}=${encodeURIComponent(value)}`).join('; ')

  const away = await running.app.inject({
    method: 'POST',
    url: `${link.path}/consent`,
    headers: { cookie, 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams({ _csrf: csrf }).toString(),
  })

  expect(away.statusCode).toBe(303)
  expect(away.cookies.find(({ name }) => name === 'tenantry-browser')).toMatchObject({
    value: expect.stringMatching(/^[\w-]{43}$/),
    httpOnly: true,
    sameSite: 'Lax',
  })
})

test('two tabs of one browser do not get in each other’s way', async () => {
  const [one, two] = [await givenLink('Birch Bakery'), await givenLink('Cedar Clinic')]
  const visitor = createVisitor(running.url)

  await visitor.get(one.path)
  await visitor.post(`${one.path}/consent`)
  const first = visitor.cookies(running.url).get('tenantry-browser')
  await visitor.get(two.path)
  await visitor.post(`${two.path}/consent`)

  expect(visitor.cookies(running.url).get('tenantry-browser')).toBe(first)
})

test('a form without our cookie is answered with the page and what to allow', async () => {
  const link = await givenLink()

  const { statusCode, body } = await running.app.inject({ method: 'POST', url: `${link.path}/consent` })

  expect(statusCode).toBe(403)
  expect(body).toContain('Your browser did not send our cookie')
  expect(body).toContain('Continue to Microsoft')
  expect(await statusOf(link)).toBe('created')
})

test('who comes back to the link without an answer is told what to do about an error at Microsoft', async () => {
  const link = await givenLink()
  const visitor = createVisitor(running.url)
  await visitor.get(link.path)
  await visitor.post(`${link.path}/consent`)

  const { text } = await visitor.get(link.path)

  expect(text).toContain('no answer has come back')
  expect(text).toContain('500113')
})

test('one link is started at most sixty times a minute', async () => {
  const link = await givenLink()
  const post = () => running.app.inject({ method: 'POST', url: `${link.path}/consent` })
  const statuses: number[] = []

  for (let count = 0; count < 61; count += 1) statuses.push((await post()).statusCode)

  expect(new Set(statuses.slice(0, 60))).toEqual(new Set([403]))
  expect(statuses.at(-1)).toBe(429)
})
