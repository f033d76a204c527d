import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CustomerProfile } from '../../simulator/src/world.ts'
import { personWith } from '../../simulator/test/world.ts'
import { systemActor } from '../../src/tenants/actor.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { chooseAccount, createVisitor, type Visitor } from '../helpers/visitor.ts'

let running: RunningApp
let customers: CustomerProfile[]

beforeAll(async () => {
  running = await startApp({ tenants: 30 })
  customers = running.simulator.world
    .customers()
    .filter(({ licenses, regionSubScope }) => licenses.length === 6 && !regionSubScope)
})

afterAll(() => running?.close())

const correlationId = '11111111-2222-4333-8444-555555555555'

type Attempt = { visitor: Visitor; customer: CustomerProfile; id: string; joinUrl: string; state: string }

/** A customer's admin who pressed Continue and is at Microsoft now. */
async function givenAttempt(): Promise<Attempt> {
  const customer = customers.shift()
  if (!customer) throw new Error('the simulator has no customer left')
  const { id } = await running.services.invitations.create(systemActor, {
    customerName: customer.name,
    tenant: customer.domain,
  })
  const headers = await running.apiKey('admin')
  const { joinUrl } = (await running.app.inject({ url: `/api/v1/invitations/${id}`, headers })).json()
  const visitor = createVisitor(running.url)
  await visitor.get(joinUrl)
  const away = await visitor.post(`${joinUrl}/consent`)
  return {
    visitor,
    customer,
    id,
    joinUrl,
    state: new URL(away.location ?? '').searchParams.get('state') ?? '',
  }
}

function refusal(state: string, error: string, number: number): string {
  const description = `AADSTS${number}: words. Trace ID: ${correlationId} Correlation ID: ${correlationId} Timestamp: 2026-11-22 10:00:00Z`
  return `/consent/callback?${new URLSearchParams({ error, error_description: description, admin_consent: 'True', state })}`
}

test.each([
  ['consent_required', 65004, 'declined', 'Nothing was approved'],
  ['access_denied', 90094, 'not_admin', 'This account may not approve the request'],
  ['access_denied', 53003, 'blocked_by_policy', 'A policy of your organization stopped the sign-in'],
  ['invalid_client', 650052, 'license_missing', 'A Microsoft service is not set up in your organization'],
  ['invalid_client', 500113, 'failed', 'Something went wrong'],
  ['server_error', 90033, 'failed', 'Something went wrong'],
])('%s with AADSTS%i ends on its own page, with the codes to pass on', async (error, number, kind, title) => {
  const { visitor, state, joinUrl } = await givenAttempt()

  const back = await visitor.get(refusal(state, error, number))
  const page = await visitor.follow(back)

  expect(back).toMatchObject({ status: 303, location: `${running.url}/consent/result/${kind}` })
  expect(page.status).toBe(200)
  expect(page.text).toContain(title)
  expect(page.text).toContain(`AADSTS${number}`)
  expect(page.text).toContain(`Correlation id: ${correlationId}`)
  expect(page.text).toContain(`href="${joinUrl}"`)
})

test('an ending is shown again when its page is loaded again, and to no other browser', async () => {
  const { visitor, state, customer } = await givenAttempt()
  await visitor.get(refusal(state, 'consent_required', 65004))

  const again = await visitor.get('/consent/result/declined')
  const other = await createVisitor(running.url).get('/consent/result/declined')
  const another = await visitor.get('/consent/result/approved')

  expect(again.text).toContain(customer.name)
  expect(other.status).toBe(404)
  expect(other.text).toContain('Nothing to show here')
  expect(other.text).not.toContain(customer.name)
  expect(another.status).toBe(404)
})

test('an ending that was tampered with is not shown', async () => {
  const { visitor, state } = await givenAttempt()
  await visitor.get(refusal(state, 'consent_required', 65004))
  const cookies = visitor.cookies(running.url)
  const kept = decodeURIComponent(cookies.get('tenantry-end') ?? '')
  const forged = {
    ...JSON.parse(Buffer.from(kept.split('.')[0] ?? '', 'base64url').toString()),
    kind: 'approved',
  }
  const value = `${Buffer.from(JSON.stringify(forged)).toString('base64url')}.${kept.split('.')[1]}`

  cookies.set('tenantry-end', encodeURIComponent(value))

  expect((await visitor.get('/consent/result/approved')).status).toBe(404)
})

test('a state that we never made ends on a page that tells nothing, with or without cookies', async () => {
  const back = await createVisitor(running.url).get(
    '/consent/callback?admin_consent=True&tenant=x&state=forged',
  )
  const page = await createVisitor(running.url).get(back.location ?? '')
  const proof = await createVisitor(running.url).get('/consent/proof?code=x&state=forged')

  expect(back.location).toBe(`${running.url}/consent/result/forged`)
  expect(page.text).toContain('We did not expect this answer')
  expect(proof.location).toBe(`${running.url}/consent/result/forged`)
})

test('an answer counts once', async () => {
  const { visitor, state } = await givenAttempt()
  await visitor.get(refusal(state, 'consent_required', 65004))

  const again = await visitor.get(refusal(state, 'consent_required', 65004))

  expect(again.location).toBe(`${running.url}/consent/result/used`)
})

test('an answer in another browser is not taken, and does not use up the right one', async () => {
  const { visitor, state, customer } = await givenAttempt()
  const stranger = createVisitor(running.url)

  const there = await stranger.follow(await stranger.get(refusal(state, 'consent_required', 65004)))
  const here = await visitor.get(refusal(state, 'consent_required', 65004))

  expect(there.text).toContain('Please continue in the browser you began with')
  expect(there.text).not.toContain(customer.name)
  expect(here.location).toBe(`${running.url}/consent/result/declined`)
})

test('asking only for the head of a callback uses nothing up', async () => {
  const { visitor, state, id } = await givenAttempt()

  const { statusCode } = await running.app.inject({
    method: 'HEAD',
    url: refusal(state, 'consent_required', 65004),
  })

  expect(statusCode).toBe(404)
  expect((await running.services.invitations.get(systemActor, id)).status).toBe('started')
  expect((await visitor.get(refusal(state, 'consent_required', 65004))).location).toContain('/declined')
})

test('posted fields are taken like a query, repeated ones too', async () => {
  const post = (payload: string) =>
    running.app.inject({
      method: 'POST',
      url: '/consent/callback',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload,
    })

  const one = await post('state=a+b&error=access_denied')
  const twice = await post('state=a&state=b')
  const none = await running.app.inject({ method: 'POST', url: '/consent/proof' })

  expect(one.headers.location).toBe('/consent/callback?state=a+b&error=access_denied')
  expect(twice.headers.location).toBe('/consent/callback?state=a&state=b')
  expect(none.headers.location).toBe('/consent/proof?')
})

test('an approval is proven, verified while the page asks, and named nowhere in an address', async () => {
  const { visitor, joinUrl, customer, id } = await givenAttempt()
  const { origin } = running.simulator
  const admin = personWith(customer, 'Global Administrator')
  const away = await visitor.post(`${joinUrl}/consent`)
  const signIn = await visitor.get(away.location ?? '')
  const consent = await visitor.follow(await chooseAccount(visitor, signIn, origin, admin))
  const flow = /name="flow" value="([^"]+)"/.exec(consent.text)?.[1] ?? ''
  const action = /<form method="post" action="([^"]+)"/.exec(consent.text)?.[1] ?? ''

  const granted = await visitor.post(new URL(action, consent.url).href, { flow, decision: 'accept' })
  const proof = await visitor.get(granted.location ?? '')
  const account = await visitor.get(proof.location ?? '')
  const back = account.location ? account : await chooseAccount(visitor, account, origin, admin)
  const end = await visitor.get(back.location ?? '')
  const page = await visitor.follow(end)

  expect(end.location).toBe(`${running.url}/consent/result/approved`)
  expect(page.text).toContain('Thank you, the approval has arrived')
  await expect
    .poll(async () => (await running.services.invitations.get(systemActor, id)).status)
    .toBe('verified')
  const [cookie] = [...visitor.cookies(running.url)].filter(([name]) => name === 'tenantry-end')
  const part = await running.app.inject({
    url: '/consent/result/approved',
    headers: { cookie: (cookie ?? []).join('='), 'hx-request': 'true' },
  })
  expect(part.body).toContain('Everything works. The connection is complete.')
  expect(part.body).not.toContain('hx-get')
  expect(part.body).not.toContain('<html')
  const link = await visitor.get(joinUrl)
  expect(link.status).toBe(410)
  expect(link.text).toContain('This step is already done')
})
