import { expect, test } from 'vitest'
import { toInvitationView } from '../../src/invitations/invitation-view.ts'
import { readyMessage } from '../../src/invitations/ready-message.ts'
import { publicUrl, requiredRoles } from '../consent/stage.ts'
import { stage, useStage } from '../consent/use-stage.ts'
import { Visitor } from '../consent/visitor.ts'
import { admin, failure, givenTenant, reader } from '../tenants/givens.ts'

useStage()

const hourMs = 3_600_000

test('a link is pinned by domain to the tenant that discovery names', async () => {
  const customer = stage.nextCustomer()

  const invitation = await stage.invitations.create(admin, {
    customerName: ' Fabrikam ',
    tenant: customer.domain,
  })
  const view = toInvitationView(invitation, { key: stage.key, publicUrl }, admin)

  expect(view).toMatchObject({
    customerName: 'Fabrikam',
    tenantId: customer.tenantId,
    tenantDomain: customer.domain,
    status: 'created',
    events: [{ type: 'created', detail: 'by admin@partner.example' }],
  })
  expect(view.joinUrl).toMatch(/^http:\/\/localhost:3000\/join\/[\w-]{43}$/)
  expect(Date.parse(view.expiresAt) - Date.parse(view.createdAt)).toBe(168 * hourMs)
  expect(JSON.stringify(await stage.db.invitation.findMany())).not.toContain(view.joinUrl?.split('/').at(-1))
})

test('no link exists for a tenant that is unknown or lives in another cloud', async () => {
  const elsewhere = stage.simulator.world
    .customers()
    .find(({ regionSubScope }) => regionSubScope === 'DODCON')
  const create = (tenant: string) => stage.invitations.create(admin, { customerName: 'Fabrikam', tenant })

  await expect(create('nobody.example')).rejects.toMatchObject({ code: 'tenant_not_found' })
  await expect(create('not a domain')).rejects.toMatchObject({ code: 'tenant_not_found' })
  await expect(create(elsewhere?.tenantId ?? '')).rejects.toMatchObject({ code: 'wrong_cloud' })
  expect(await stage.db.invitation.count()).toBe(0)
  expect(await stage.db.customer.count()).toBe(0)
})

test('no link exists for a tenant of another customer; for one’s own it renews the consent', async () => {
  const customer = stage.nextCustomer()
  await givenTenant(stage.db, { id: customer.tenantId, customer: 'Fabrikam' })

  const other = stage.invitations.create(admin, { customerName: 'Adatum', tenant: customer.domain })
  await expect(other).rejects.toMatchObject({ code: 'tenant_taken' })
  const own = await stage.invitations.create(admin, { customerName: 'FABRIKAM', tenant: customer.domain })

  expect(own.purpose).toBe('reconsent')
  expect(own.customer.name).toBe('Fabrikam')
})

test.each([0, 2161, 1.5, Number.NaN])('a life of %d hours is refused', async expiresInHours => {
  const create = stage.invitations.create(admin, { customerName: 'Fabrikam', expiresInHours })

  await expect(create).rejects.toMatchObject({ code: 'invalid' })
})

test('only administrators make and withdraw links', async () => {
  const invitation = await stage.invitations.create(admin, { customerName: 'Fabrikam' })

  await expect(stage.invitations.create(reader, { customerName: 'X' })).rejects.toMatchObject({
    code: 'forbidden',
  })
  await expect(stage.invitations.revoke(reader, invitation.id)).rejects.toMatchObject({ code: 'forbidden' })
})

test('a link ends by itself, can be extended, and tells its story', async () => {
  const customer = stage.nextCustomer()
  const invitation = await stage.invitations.create(admin, { customerName: customer.name, expiresInHours: 1 })
  const visitor = new Visitor(stage, invitation, customer)
  await stage.flow.open(visitor.token, true)
  stage.advance(hourMs + 1000)

  const ended = await stage.flow.open(visitor.token, true)
  await Promise.all([stage.invitations.expireDue(), stage.invitations.expireDue()])
  const extended = await stage.invitations.extend(admin, invitation.id, 48)

  expect(ended).toMatchObject({ kind: 'end', end: { kind: 'expired', customerName: customer.name } })
  expect(extended.status).toBe('opened')
  expect(extended.expiresAt.getTime()).toBeGreaterThan(stage.now().getTime() + 47 * hourMs)
  expect(await visitor.events()).toEqual(['created', 'opened', 'expired', 'extended'])
  expect(await stage.flow.open(visitor.token, true)).toMatchObject({ kind: 'page' })
})

test('a withdrawn link is dead for good', async () => {
  const visitor = await stage.invite(stage.nextCustomer())

  const revoked = await stage.invitations.revoke(admin, visitor.invitation.id)
  const again = await stage.invitations.revoke(admin, visitor.invitation.id)

  expect([revoked.status, again.status]).toEqual(['revoked', 'revoked'])
  expect(await stage.flow.open(visitor.token, true)).toMatchObject({ end: { kind: 'revoked' } })
  expect(await stage.flow.start(visitor.token, 'browser')).toMatchObject({ end: { kind: 'revoked' } })
  await expect(stage.invitations.extend(admin, visitor.invitation.id)).rejects.toMatchObject({
    code: 'conflict',
  })
  expect(await visitor.events()).toEqual(['created', 'revoked'])
})

test('a link that has done its work can be neither withdrawn nor extended', async () => {
  const visitor = await stage.invite(stage.nextCustomer())
  await visitor.walk()

  await expect(stage.invitations.revoke(admin, visitor.invitation.id)).rejects.toMatchObject({
    code: 'conflict',
  })
  await expect(stage.invitations.extend(admin, visitor.invitation.id)).rejects.toMatchObject({
    code: 'conflict',
  })
  await stage.drain()
  expect(await visitor.status()).toBe('verified')
})

test('a link made again replaces the old one and keeps its pin', async () => {
  const customer = stage.nextCustomer()
  const visitor = await stage.invite(customer)

  const again = await stage.invitations.makeAgain(admin, visitor.invitation.id)

  expect(again).toMatchObject({
    pinnedTenantId: customer.tenantId,
    pinnedDomain: customer.domain,
    replacesId: visitor.invitation.id,
    status: 'created',
  })
  expect(await visitor.status()).toBe('revoked')
  expect(await stage.flow.open(visitor.token, true)).toMatchObject({ end: { kind: 'revoked' } })
})

test('the link that renews a consent is made once and found again while it is open', async () => {
  const { tenantId } = stage.nextCustomer()
  await givenTenant(stage.db, { id: tenantId })
  const press = (hours?: number) => stage.invitations.reconsent(admin, tenantId, hours)

  const pressed = await Promise.all([press(48), press(48), press(48)])
  const [first] = pressed
  const again = await press(24)
  stage.advance(30 * 3_600_000)
  const inItsLastDay = await press(48)
  await stage.invitations.revoke(admin, first.invitation.id)
  const afterwards = await press()

  expect(pressed.filter(({ isNew }) => isNew)).toHaveLength(1)
  expect(new Set(pressed.map(({ invitation }) => invitation.id)).size).toBe(1)
  expect(again).toMatchObject({ isNew: false, invitation: { expiresAt: first.invitation.expiresAt } })
  expect(inItsLastDay.invitation.id).toBe(first.invitation.id)
  expect(inItsLastDay.invitation.expiresAt.getTime()).toBeGreaterThan(stage.now().getTime() + 47 * 3_600_000)
  expect(afterwards.isNew).toBe(true)
  expect(await stage.db.invitation.count()).toBe(2)
})

test('lists are newest first, in pages, by state and by name', async () => {
  for (const name of ['Ada', 'Bob & Co', 'Cora', 'Dora']) {
    await stage.invitations.create(admin, { customerName: name })
    stage.advance(1)
  }
  const names = (page: { items: { customer: { name: string } }[] }) =>
    page.items.map(item => item.customer.name)

  const first = await stage.invitations.list(admin, {}, { limit: 3 })
  const second = await stage.invitations.list(admin, {}, { limit: 3, cursor: first.nextCursor })

  expect(names(first)).toEqual(['Dora', 'Cora', 'Bob & Co'])
  expect(names(second)).toEqual(['Ada'])
  expect(names(await stage.invitations.list(admin, { search: 'bob' }))).toEqual(['Bob & Co'])
  expect(names(await stage.invitations.list(admin, { status: 'verified' }))).toEqual([])
  await expect(stage.invitations.list(admin, {}, { cursor: 'nonsense' })).rejects.toMatchObject({
    code: 'invalid',
  })
})

test('every act on a link is audited and the link itself is in no event', async () => {
  const visitor = await stage.invite(stage.nextCustomer())
  await stage.invitations.extend(admin, visitor.invitation.id, 10)
  await visitor.start()
  await stage.invitations.revoke(admin, visitor.invitation.id)

  const { items } = await stage.audit.list(admin)

  expect(items.map(item => item.action)).toEqual([
    'invitation.revoked',
    'consent.started',
    'invitation.extended',
    'invitation.created',
  ])
  expect(JSON.stringify(items)).not.toContain(visitor.token)
})

test('a failure of staff’s making is kept with the link for them to read', async () => {
  const visitor = await stage.invite(stage.nextCustomer())
  stage.simulator.control.setNextConsent('ca-error', visitor.customer.tenantId)
  await visitor.completeConsent(await visitor.approve())

  const view = toInvitationView(
    await stage.invitations.get(admin, visitor.invitation.id),
    {
      key: stage.key,
      publicUrl,
    },
    admin,
  )

  expect(view.lastError).toMatchObject({
    code: 'conditional_access',
    remedy: failure('conditional_access').remedy,
  })
  expect(view.events.at(-1)?.detail).toContain('AADSTS50097')
})

test('the ready message carries the link, who may open it and what is asked for', () => {
  const { subject, body } = readyMessage({
    partnerName: 'Northwind Defence',
    customerName: 'Fabrikam',
    link: 'https://console.partner.example/join/abc',
    organization: 'fabrikam.example',
    expiresAt: new Date('2026-11-29T12:00:00Z'),
    askedRoles: requiredRoles,
    purpose: 'consent',
  })

  expect(subject).toContain('Northwind Defence')
  expect(body).toContain('\nhttps://console.partner.example/join/abc\n')
  expect(body).toContain('Privileged Role Administrator or Global Administrator of fabrikam.example')
  expect(body).toContain('2026-11-29 12:00 UTC')
  expect(body.match(/^ {2}- /gm)).toHaveLength(requiredRoles.length)
})
