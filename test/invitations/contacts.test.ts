import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { toInvitationView } from '../../src/invitations/invitation-view.ts'
import { readImportLines } from '../../src/onboarding/import-lines.ts'
import type { Actor } from '../../src/tenants/actor.ts'
import { createStage, publicUrl, type Stage } from '../consent/stage.ts'
import { Visitor } from '../consent/visitor.ts'
import { admin, givenTenant, limitedTo } from '../tenants/givens.ts'

let stage: Stage

beforeAll(async () => {
  stage = await createStage()
})
afterAll(() => stage.close())
beforeEach(() => stage.clean())

const dayMs = 86_400_000
const ana = { name: 'Ana Lima', email: 'ana@customer.example', phone: '+45 33 12 34 56' }

async function given(customer = stage.nextCustomer()) {
  const request = {
    customerName: customer.name,
    tenant: customer.domain,
    tags: ['North', 'gold'],
    contact: ana,
  }
  return { customer, invitation: await stage.invitations.create(admin, request) }
}

test('a tenant that connects gets the tags and the contact of its link', async () => {
  const { customer, invitation } = await given()

  await new Visitor(stage, invitation, customer).walk()

  expect(await stage.tenant(customer.tenantId)).toMatchObject({ tags: ['gold', 'north'], contact: ana })
})

test('so does one that is connected directly, or without its link', async () => {
  const [direct, found] = [await given(), await given()]
  for (const { customer } of [direct, found]) stage.simulator.control.grantConsent(customer.tenantId)

  await stage.connect.connectInvitation(admin, direct.invitation.id)
  const { domain, name } = found.customer
  await stage.connect.connectTenant(admin, { tenant: domain, name, tags: ['east'] })

  expect(await stage.tenant(direct.customer.tenantId)).toMatchObject({
    tags: ['gold', 'north'],
    contact: ana,
  })
  expect(await stage.tenant(found.customer.tenantId)).toMatchObject({
    tags: ['east', 'gold', 'north'],
    contact: ana,
  })
})

test('a link adds no tag to a tenant that is connected, and so shows it to nobody new', async () => {
  const customer = stage.nextCustomer()
  await givenTenant(stage.db, { id: customer.tenantId, customer: customer.name, tags: ['south'] })
  const create = (actor: Actor, tags: string[]) =>
    stage.invitations.create(actor, { customerName: customer.name, tenant: customer.domain, tags })

  await expect(create(admin, ['north'])).rejects.toMatchObject({ code: 'invalid' })
  const renewal = await create(admin, [])
  const change = stage.invitations.update(admin, renewal.id, { tags: ['north'] })
  await expect(change).rejects.toMatchObject({ code: 'invalid' })
  // Whoever does not see the tenant does not learn that it is connected, and wins nothing by the link.
  const hidden = await create(limitedTo('north'), ['north'])
  await new Visitor(stage, hidden, customer).walk()

  expect((await stage.tenant(customer.tenantId)).tags).toEqual(['south'])
})

test('staff limited to tags see the tenant that their link connects', async () => {
  const customer = stage.nextCustomer()
  const actor = limitedTo('north')
  const invitation = await stage.invitations.create(actor, {
    customerName: customer.name,
    tenant: customer.domain,
  })

  await new Visitor(stage, invitation, customer).walk()

  expect((await stage.tenants.get(actor, customer.tenantId)).tags).toEqual(['north'])
})

test.each([
  ['tags', { tags: ['<b>'] }],
  ['contactEmail', { contact: { email: 'x\r\nBcc: y@attacker.example' } }],
  ['remindOn', { remindAt: new Date('2031-01-01T00:00:00Z') }],
  ['remindOn', { remindAt: new Date(Number.NaN) }],
])('a bad %s makes no link and changes none', async (field, bad) => {
  const { invitation } = await given()
  const expected = { code: 'invalid', details: { fields: { [field]: expect.any(String) } } }

  await expect(stage.invitations.create(admin, { customerName: 'X', ...bad })).rejects.toMatchObject(expected)
  await expect(stage.invitations.update(admin, invitation.id, bad)).rejects.toMatchObject(expected)

  expect(await stage.db.invitation.count()).toBe(1)
})

test('a link is overdue from its date on while nobody has used it', async () => {
  const { customer, invitation } = await given()
  const never = await stage.invitations.create(admin, { customerName: 'Never', remindAt: null })
  const read = async () =>
    toInvitationView(
      await stage.invitations.get(admin, invitation.id),
      { key: stage.key, publicUrl },
      admin,
      stage.now(),
    )

  const fresh = await read()
  stage.advance(3 * dayMs)
  const late = await read()
  const listed = await stage.invitations.list(admin, { isOverdue: true })
  const count = await stage.invitations.countOverdue(admin)
  const unseen = await stage.invitations.countOverdue(limitedTo('south'))
  await new Visitor(stage, invitation, customer).walk()

  expect([fresh.overdue, late.overdue, (await read()).overdue]).toEqual([false, true, false])
  expect(listed.items.map(({ id }) => id)).toEqual([invitation.id])
  expect([count, unseen, await stage.invitations.countOverdue(admin)]).toEqual([1, 0, 0])
  expect(never.remindAt).toBeNull()
})

test('what staff note is changed with a trace, carried to the link made again, and kept by a renewal', async () => {
  const { customer, invitation } = await given()

  const changed = await stage.invitations.update(admin, invitation.id, { contact: { phone: '112 112' } })
  const again = await stage.invitations.makeAgain(admin, invitation.id)
  await new Visitor(stage, again, customer).walk()
  const { invitation: renewal } = await stage.invitations.reconsent(admin, customer.tenantId)

  const contact = { name: null, email: null, phone: '112 112' }
  expect([changed, again, renewal].map(one => one.contact)).toEqual([contact, contact, contact])
  expect([changed.tags, again.tags, renewal.tags]).toEqual([['gold', 'north'], ['gold', 'north'], []])
  const { items } = await stage.audit.list(admin)
  const event = items.find(({ action }) => action === 'invitation.changed')
  expect(event?.detail).toEqual({ invitationId: invitation.id, changed: ['contact'] })
  expect(JSON.stringify(items)).not.toContain(ana.email)
})

test('a list has a column for the contact', () => {
  const [good, bad] = readImportLines(
    [
      'Customer,Tenant,Tags,Contact',
      'Fabrikam,fabrikam.example,a;b,Ana Lima <ana@customer.example> +45 33 12 34 56',
      'Adatum,adatum.example,,Ana <not an address>',
    ].join('\n'),
  )

  expect(good).toMatchObject({ kind: 'entry', tags: ['a', 'b'], contact: ana })
  expect(bad).toMatchObject({ kind: 'bad', problem: expect.stringContaining('e-mail address') })
})
