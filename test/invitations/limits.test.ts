import { expect, test } from 'vitest'
import { toInvitationView } from '../../src/invitations/invitation-view.ts'
import { publicUrl } from '../consent/stage.ts'
import { stage, useStage } from '../consent/use-stage.ts'
import { admin, failure, givenTenant, limitedTo } from '../tenants/givens.ts'

useStage()

test('a link for a tenant that others see is made as for one that nobody connected', async () => {
  const [hidden, unknown] = [stage.nextCustomer(), stage.nextCustomer()]
  await givenTenant(stage.db, { id: hidden.tenantId, customer: 'Adatum', tags: ['south'] })
  const made = async (customerName: string, tenant: string) => {
    const { status, purpose, customer } = await stage.invitations.create(limitedTo('north'), {
      customerName,
      tenant,
    })
    return { status, purpose, customer: customer.name }
  }

  expect(await made('Adatum', hidden.domain)).toEqual({
    status: 'created',
    purpose: 'consent',
    customer: 'Adatum',
  })
  expect(await made('Fabrikam', hidden.domain)).toEqual({
    ...(await made('Fabrikam', unknown.domain)),
    customer: 'Fabrikam',
  })
})

test('that such a tenant is connected to another customer is not told when its administrator approves', async () => {
  const hidden = stage.nextCustomer()
  await givenTenant(stage.db, { id: hidden.tenantId, customer: 'Adatum', tags: ['south'] })
  const actor = limitedTo('north')
  const { id } = await stage.invitations.create(actor, { customerName: 'Fabrikam', tenant: hidden.domain })
  const error = { ...failure('bad_answer'), code: 'tenant_taken', message: 'It belongs to Adatum.' }
  await stage.db.invitation.update({ where: { id }, data: { status: 'failed', lastError: error } })
  await stage.db.invitationEvent.create({
    data: { invitationId: id, type: 'failed', detail: 'It belongs to Adatum. · tenant_taken' },
  })

  const seen = [await stage.invitations.get(actor, id), ...(await stage.invitations.list(actor)).items]
  const told = JSON.stringify(seen.map(one => toInvitationView(one, { key: stage.key, publicUrl }, actor)))

  expect(told).not.toContain('tenant_taken')
  expect(told).not.toContain('Adatum')
  expect((await stage.invitations.get(admin, id)).lastError).toMatchObject({ code: 'tenant_taken' })
})

test('staff limited to tags see links of their tenants and their own, others are not found', async () => {
  const actor = limitedTo('north')
  const mine = await stage.invitations.create(actor, { customerName: 'Mine' })
  const other = await stage.invitations.create(admin, { customerName: 'Other' })
  const led = await stage.invitations.create(admin, { customerName: 'North' })
  const tenantId = await givenTenant(stage.db, { customer: 'North', tags: ['north'] })
  await stage.db.invitation.update({ where: { id: led.id }, data: { tenantId, status: 'verified' } })

  const { items } = await stage.invitations.list(actor)

  expect(items.map(item => item.id).sort()).toEqual([mine.id, led.id].sort())
  await expect(stage.invitations.get(actor, other.id)).rejects.toMatchObject({ code: 'not_found' })
  expect(await stage.invitations.counts(actor)).toEqual({ created: 1, verified: 1 })
})

test('staff limited to tags are not handed a link that they may not see', async () => {
  const { tenantId } = stage.nextCustomer()
  await givenTenant(stage.db, { id: tenantId, tags: ['north'] })
  const others = await stage.invitations.reconsent(admin, tenantId)
  const northern = { ...limitedTo('north'), id: 'northern' }

  const own = await stage.invitations.reconsent(northern, tenantId)
  const hidden = stage.invitations.reconsent({ ...northern, tenants: { tags: ['south'], ids: [] } }, tenantId)

  expect(own).toMatchObject({ isNew: true, invitation: { createdById: 'northern' } })
  expect(own.invitation.id).not.toBe(others.invitation.id)
  await expect(hidden).rejects.toMatchObject({ code: 'not_found' })
})
