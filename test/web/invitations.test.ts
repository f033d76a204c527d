import { expect, onTestFinished, test } from 'vitest'
import { systemActor } from '../../src/tenants/actor.ts'
import {
  customer,
  givenInvitation,
  running,
  staff,
  useInvitationPages,
  words,
} from '../helpers/invitation-pages.ts'
import { createVisitor } from '../helpers/visitor.ts'

useInvitationPages()

test('a link is made from the form, with the tenant looked up, and shown with all that it takes to send it', async () => {
  const visitor = await staff()
  await visitor.get('/invitations/new')

  const made = await visitor.post('/invitations', {
    customerName: customer.name,
    tenant: customer.domain.toUpperCase(),
    hours: '72',
  })
  const { text } = await visitor.follow(made)

  expect(made.status).toBe(303)
  const [row] = await running.database.db.invitation.findMany()
  expect(row).toMatchObject({ pinnedTenantId: customer.tenantId, createdByLabel: 'admin@partner.example' })
  expect((row?.expiresAt.getTime() ?? 0) - (row?.createdAt.getTime() ?? 0)).toBe(72 * 3_600_000)
  expect(text).toMatch(new RegExp(`value="${running.url}/join/[\\w-]{43}"`))
  expect(text).toContain('aria-label="QR code of the link"')
  expect(text).toContain('href="mailto:?subject=Connect%20your')
  expect(words(text)).toContain('Link made')
})

test.each([
  ['no name', { customerName: '  ' }, 'customerName', 'Say who the link is for'],
  ['a domain that no tenant has', { tenant: 'nowhere.example' }, 'tenant', 'no such tenant'],
  ['something that is no domain', { tenant: 'not a domain' }, 'tenant', 'neither a tenant id nor a domain'],
  ['a life of a year', { hours: '8760' }, 'hours', 'Choose how long'],
])(
  '%s comes back with what was typed and the mistake beside its field',
  async (_what, typed, field, words) => {
    const visitor = await staff()
    await visitor.get('/invitations/new')

    const answer = await visitor.post('/invitations', {
      customerName: 'Alder "Freight"',
      hours: '168',
      ...typed,
    })

    expect(answer.status).toBe(422)
    expect(answer.text).toContain(`id="${field}-error"`)
    expect(answer.text).toContain(`href="#${field}"`)
    expect(answer.text).toMatch(new RegExp(words, 'i'))
    if (!('customerName' in typed)) expect(answer.text).toContain('value="Alder &quot;Freight&quot;"')
    expect(await running.database.db.invitation.count()).toBe(0)
  },
)

test('a tenant that is connected under another name is refused beside its field', async () => {
  const { db } = running.database
  await db.customer.create({ data: { id: customer.tenantId, name: 'Somebody', nameKey: 'somebody' } })
  await db.tenant.create({
    data: {
      id: customer.tenantId,
      customerId: customer.tenantId,
      name: 'Somebody',
      cloud: 'global',
      status: 'connected',
    },
  })
  const visitor = await staff()
  await visitor.get('/invitations/new')

  const { status, text } = await visitor.post('/invitations', {
    customerName: customer.name,
    tenant: customer.tenantId,
    hours: '24',
  })

  expect(status).toBe(422)
  expect(text).toContain('already connected under another customer name')
})

test('when Microsoft cannot be asked, the form says so and keeps what was typed', async () => {
  const visitor = await staff()
  await visitor.get('/invitations/new')
  const { control } = running.simulator
  control.addFault({ service: 'login', path: 'slow.example', kind: 'unavailable-html', retryAfterSeconds: 0 })
  onTestFinished(() => control.clearFaults())

  const { status, text } = await visitor.post('/invitations', {
    customerName: 'Alder Freight',
    tenant: 'slow.example',
    hours: '24',
  })

  expect(status).toBe(503)
  expect(text).toContain('value="Alder Freight"')
  expect(text).toContain('value="slow.example"')
  expect(text).toContain('What to do:')
})

test('the list is filtered by state, searched and walked, and htmx gets only the list', async () => {
  for (const name of ['Alder Freight', 'Birch Bakery', 'Cedar Clinic']) await givenInvitation(name)
  await running.services.invitations.revoke(systemActor, await givenInvitation('Dogwood Dairy'))
  const visitor = await staff()

  const all = await visitor.get('/invitations')
  const withdrawn = await visitor.get('/invitations?status=revoked')
  const found = await visitor.get('/invitations?search=birch')
  const nothing = await visitor.get('/invitations?search=zzz')
  const nonsense = await visitor.get('/invitations?status=nonsense&cursor=')
  const cookie = [...visitor.cookies(running.url)].map(pair => pair.join('=')).join('; ')
  const part = await running.app.inject({
    url: '/invitations?search=birch',
    headers: { cookie, 'hx-request': 'true' },
  })

  expect(words(all.text)).toContain('4 invitations')
  expect(withdrawn.text).toContain('Dogwood Dairy')
  expect(withdrawn.text).not.toContain('Birch Bakery')
  expect(found.text).toContain('Birch Bakery')
  expect(found.text).not.toContain('Cedar Clinic')
  expect(nothing.text).toContain('No invitation fits')
  expect(nonsense.status).toBe(200)
  expect(part.body).toContain('Birch Bakery')
  expect(part.body).not.toContain('<html')
  expect(part.headers.vary).toContain('hx-request')
})

test('more links than a page holds are walked by cursor', async () => {
  for (let count = 0; count < 51; count += 1) await givenInvitation(`Customer ${count}`)
  const visitor = await staff()

  const first = await visitor.get('/invitations?search=customer')
  const next = /rel="next" href="([^"]+)"/.exec(first.text)?.[1]?.replaceAll('&amp;', '&') ?? ''
  const second = await visitor.get(next)

  expect(first.text).toContain('>Customer 50<')
  expect(first.text).not.toContain('>Customer 0<')
  expect(second.text).toContain('>Customer 0<')
  expect(second.text).not.toContain('rel="next"')
  expect(second.text).toContain('href="/invitations?search=customer"')
})

test('a link is withdrawn, extended and made again from its page', async () => {
  const id = await givenInvitation('Alder Freight')
  const visitor = await staff()
  await visitor.get(`/invitations/${id}`)

  const extended = await visitor.follow(await visitor.post(`/invitations/${id}/extension`, { hours: '24' }))
  const again = await visitor.post(`/invitations/${id}/successor`)
  const next = await visitor.follow(again)
  const old = await visitor.get(`/invitations/${id}`)

  expect(words(extended.text)).toContain('The link is valid longer')
  expect(words(extended.text)).toMatch(
    /Extended .*until \d{4}-\d\d-\d\d \d\d:\d\d UTC by admin@partner.example/,
  )
  expect(again.location).not.toContain(id)
  expect(words(next.text)).toContain('This is the new link')
  expect(words(old.text)).toContain('The link was withdrawn.')
  expect(old.text).not.toContain('/join/')
})

test('an act that has become impossible meanwhile is told on the page', async () => {
  const id = await givenInvitation('Alder Freight')
  const visitor = await staff()
  await visitor.get(`/invitations/${id}`)
  await running.services.invitations.revoke(systemActor, id)

  const answer = await visitor.post(`/invitations/${id}/extension`, { hours: '24' })
  const { text } = await visitor.follow(answer)

  expect(answer.status).toBe(303)
  expect(text).toContain('can no longer be extended')
})

test('the part that follows the link asks for the whole page once its buttons are out of date', async () => {
  const id = await givenInvitation('Alder Freight')
  const visitor = await staff()
  const page = await visitor.get(`/invitations/${id}`)
  const follow = /hx-get="([^"]+)"/.exec(page.text)?.[1] ?? ''
  const cookie = [...visitor.cookies(running.url)].map(pair => pair.join('=')).join('; ')
  const ask = () => running.app.inject({ url: follow, headers: { cookie, 'hx-request': 'true' } })

  const before = await ask()
  await running.services.invitations.revoke(systemActor, id)
  const after = await ask()

  expect(before.headers['hx-refresh']).toBeUndefined()
  expect(before.body).toContain('hx-trigger')
  expect(after.headers['hx-refresh']).toBe('true')
  expect(after.body).not.toContain('hx-trigger')
})

test('who may only look sees where links stand, and can make or end none', async () => {
  const id = await givenInvitation('Alder Freight')
  const visitor = await staff('reader@partner.example')

  const list = await visitor.get('/invitations')
  const page = await visitor.get(`/invitations/${id}`)
  const form = await visitor.get('/invitations/new')
  const made = await visitor.post('/invitations', { customerName: 'Birch Bakery', hours: '24' })
  const revoked = await visitor.post(`/invitations/${id}/revocation`)

  expect(list.text).not.toContain('New invitation')
  expect(page.text).not.toContain('Withdraw')
  expect([form.status, made.status, revoked.status]).toEqual([403, 403, 403])
  expect((await running.services.invitations.get(systemActor, id)).status).toBe('created')
})

test('strangers are sent to sign in, forged forms are refused, unknown links are not found', async () => {
  const id = await givenInvitation('Alder Freight')
  const visitor = await staff()

  const stranger = await createVisitor(running.url).get(`/invitations/${id}`)
  const cookie = [...visitor.cookies(running.url)].map(pair => pair.join('=')).join('; ')
  const forged = await running.app.inject({
    method: 'POST',
    url: `/invitations/${id}/revocation`,
    headers: { cookie },
  })
  const unknown = await visitor.get(`/invitations/${customer.tenantId}`)

  expect(stranger.location).toContain('/sign-in?returnTo=%2Finvitations%2F')
  expect(forged.statusCode).toBe(403)
  expect(unknown.status).toBe(404)
})
