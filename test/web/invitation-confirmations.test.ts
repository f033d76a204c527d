import { expect, test } from 'vitest'
import {
  customer,
  givenInvitation,
  running,
  staff,
  useInvitationPages,
  words,
} from '../helpers/invitation-pages.ts'

useInvitationPages()

/** An open link that somebody without a known administrator role proved. */
async function givenWaiting(customerName: string): Promise<string> {
  const id = await givenInvitation(customerName)
  const helpdesk = customer.people.find(({ directoryRoles }) => directoryRoles.length === 0)
  const proof = {
    tenantId: customer.tenantId,
    domain: customer.domain,
    objectId: helpdesk?.objectId ?? '',
    username: `<b>${helpdesk?.username}`,
    administrator: false,
    at: new Date().toISOString(),
  }
  await running.database.db.invitation.update({ where: { id }, data: { status: 'confirming', proof } })
  return id
}

test('staff see who signed in through an open link, and their confirmation connects that tenant', async () => {
  const id = await givenWaiting('Hazel Hotels')
  const visitor = await staff()
  const { text } = await visitor.get(`/invitations/${id}`)

  const answer = await visitor.post(`/invitations/${id}/confirmation`, { confirm: 'true' })
  const after = await visitor.follow(answer)

  expect(words(text)).toContain('Confirm who signed in')
  expect(text).toContain(`&lt;b&gt;helpdesk@${customer.domain}`)
  expect(words(text)).toContain('None that can approve')
  expect(words(text)).toContain(`Tenant ${customer.domain}`)
  expect(answer.status).toBe(303)
  expect(words(after.text)).not.toContain('Confirm who signed in')
  const tenant = await running.database.db.tenant.findUnique({ where: { id: customer.tenantId } })
  expect(tenant).toMatchObject({ name: 'Hazel Hotels', status: 'verifying', consentedByAdmin: false })
})

test('a sign-in that waits is refused on the page, and a second answer is told that nothing waits', async () => {
  const id = await givenWaiting('Ivy Insurance')
  const visitor = await staff()
  await visitor.get(`/invitations/${id}`)

  await visitor.follow(await visitor.post(`/invitations/${id}/confirmation`, { confirm: 'false' }))
  const again = await visitor.follow(
    await visitor.post(`/invitations/${id}/confirmation`, { confirm: 'true' }),
  )

  expect(words(again.text)).toContain('No sign-in of this invitation waits')
  expect(await running.database.db.tenant.count()).toBe(0)
})

test('who may only look sees that a sign-in waits, and gets no button', async () => {
  const id = await givenWaiting('Juniper Jewels')
  const visitor = await staff('reader@partner.example')

  const { text } = await visitor.get(`/invitations/${id}`)
  const refused = await visitor.post(`/invitations/${id}/confirmation`, { confirm: 'true' })

  expect(words(text)).toContain('Confirm who signed in')
  expect(text).not.toContain(`/invitations/${id}/confirmation`)
  expect(refused.status).toBe(403)
})

test('the API shows who waits and takes the answer', async () => {
  const id = await givenWaiting('Kestrel Kitchens')
  const admin = await running.apiKey('admin')
  const ask = (method: 'GET' | 'POST', path: string, payload?: object) =>
    running.app.inject({
      method,
      url: `/api/v1/invitations/${id}${path}`,
      headers: admin,
      ...(payload && { payload }),
    })

  const before = await ask('GET', '')
  const bad = await ask('POST', '/confirmation', { confirm: 'yes' })
  const done = await ask('POST', '/confirmation', { confirm: true })
  const again = await ask('POST', '/confirmation', { confirm: true })

  expect(before.json()).toMatchObject({
    status: 'confirming',
    proof: { tenantId: customer.tenantId, domain: customer.domain, administrator: false },
  })
  expect(bad.statusCode).toBe(422)
  expect(done.json()).toMatchObject({ status: 'consented', tenantId: customer.tenantId, proof: null })
  expect([again.statusCode, again.json().code]).toEqual([409, 'conflict'])
})
