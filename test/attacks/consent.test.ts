import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { personWith } from '../../simulator/test/world.ts'
import type { Actor } from '../../src/tenants/actor.ts'
import { createStage, type Stage } from '../consent/stage.ts'
import type { Visitor } from '../consent/visitor.ts'
import { admin, limitedTo } from '../tenants/givens.ts'

const analyst = { ...admin, role: 'analyst' } as const

let stage: Stage

beforeAll(async () => {
  stage = await createStage()
})
afterAll(() => stage.close())
beforeEach(async () => {
  await stage.clean()
  stage.simulator.control.setDirectoryRolesClaim(true)
})

/** Somebody of the tenant, signed in through an open link after its administrator had approved. */
async function proveAs(visitor: Visitor, role: string | null) {
  const proof = await visitor.approveUnpinned()
  return visitor.completeProof(await visitor.signInAs(personWith(visitor.customer, role), proof))
}

test.each([
  ['a member without any directory role', null],
  ['a member whose role cannot approve', 'Security Administrator'],
])('an open link proven by %s attaches no tenant and waits for staff', async (_who, role) => {
  const visitor = await stage.invite(stage.nextCustomer(), { pinned: false, name: 'Attacker Ltd' })

  const end = await proveAs(visitor, role)

  expect(end).toMatchObject({ kind: 'confirming', customerName: 'Attacker Ltd' })
  expect(await visitor.status()).toBe('confirming')
  expect(await stage.db.tenant.count()).toBe(0)
  expect(stage.jobs).toEqual([])
  expect(await stage.flow.open(visitor.token, true)).toMatchObject({ kind: 'page' })
  expect(await stage.audit.verifyChain()).toMatchObject({ intact: true })
})

test('signing in through an open link again and again: administrators are told once, nobody else is', async () => {
  const customer = stage.nextCustomer()
  const visitor = await stage.invite(customer, { pinned: false, name: 'Attacker Ltd' })
  const told = async (actor: Actor) =>
    (await stage.notifications.list(actor)).items.filter(
      ({ href }) => href === `/invitations/${visitor.invitation.id}`,
    )

  await proveAs(visitor, null)
  const again = (await visitor.start()).href.replace('/organizations/', `/${customer.tenantId}/`)
  const step = await visitor.completeConsent(await visitor.signIn(new URL(again)))
  if (step.kind !== 'redirect') throw new Error(`the consent ended: ${step.end.kind}`)
  const end = await visitor.completeProof(await visitor.signInAs(personWith(customer, null), step.url))

  expect(end.kind).toBe('confirming')
  expect(await told(admin)).toMatchObject([
    { kind: 'confirming', title: expect.stringMatching(/^\S+@\S+ signed in .* for Attacker Ltd and waits/) },
  ])
  expect([await told(analyst), await told(limitedTo('north'))]).toEqual([[], []])
})

test('an open link proven while the registration tells no directory roles waits for staff', async () => {
  stage.simulator.control.setDirectoryRolesClaim(false)
  const visitor = await stage.invite(stage.nextCustomer(), { pinned: false })

  const end = await proveAs(visitor, 'Global Administrator')

  expect(end.kind).toBe('confirming')
  expect(await stage.db.tenant.count()).toBe(0)
})

test('an open link proven by a guest who administers the tenant attaches nothing', async () => {
  const visitor = await stage.invite(stage.nextCustomer(), { pinned: false })
  const proof = await visitor.approveUnpinned()

  const guest = visitor.customer.guests?.[0]?.username ?? ''
  const end = await visitor.completeProof(await visitor.signInAs(guest, proof))

  expect(guest).toContain('@partner.example')
  expect(end).toMatchObject({ kind: 'guest', code: 'guest_account' })
  expect(await stage.db.tenant.count()).toBe(0)
})

test('an open link connects by itself when an administrator signs in, also after somebody else did', async () => {
  const visitor = await stage.invite(stage.nextCustomer(), { pinned: false })
  await proveAs(visitor, null)

  const own = (await visitor.start()).href.replace('/organizations/', `/${visitor.customer.tenantId}/`)
  const step = await visitor.completeConsent(await visitor.signIn(new URL(own)))
  if (step.kind !== 'redirect') throw new Error(`the consent ended: ${step.end.kind}`)
  const end = await visitor.completeProof(await visitor.signIn(step.url))
  await stage.drain()

  expect(end.kind).toBe('approved')
  expect(await stage.tenant(visitor.customer.tenantId)).toMatchObject({
    status: 'connected',
    consentedByAdmin: true,
  })
  await expect(stage.flow.confirm(admin, visitor.invitation.id, true)).rejects.toMatchObject({
    code: 'conflict',
  })
})

test('staff confirm who signed in: the tenant that signed in is connected, and both are named', async () => {
  const visitor = await stage.invite(stage.nextCustomer(), { pinned: false })
  await proveAs(visitor, null)

  await stage.flow.confirm(admin, visitor.invitation.id, true)
  await stage.drain()

  const tenant = await stage.tenant(visitor.customer.tenantId)
  expect(tenant).toMatchObject({ status: 'connected', consentedByAdmin: false })
  expect(tenant.consentedByUsername).toBe(personWith(visitor.customer, null))
  expect(await visitor.events()).toEqual([
    'created',
    'started',
    'consented',
    'confirming',
    'confirmed',
    'verified',
  ])
})

test('staff refuse who signed in: nothing is connected, the link stays open and a second answer finds nothing', async () => {
  const visitor = await stage.invite(stage.nextCustomer(), { pinned: false })
  await proveAs(visitor, null)

  await stage.flow.confirm(admin, visitor.invitation.id, false)

  expect(await visitor.status()).toBe('failed')
  expect(await stage.db.tenant.count()).toBe(0)
  await expect(stage.flow.confirm(admin, visitor.invitation.id, true)).rejects.toMatchObject({
    code: 'conflict',
  })
  expect(await stage.flow.open(visitor.token, true)).toMatchObject({ kind: 'page' })
})

test('a sign-in that waits cannot be confirmed by an analyst, nor after the link was withdrawn', async () => {
  const visitor = await stage.invite(stage.nextCustomer(), { pinned: false })
  await proveAs(visitor, null)

  await expect(stage.flow.confirm(analyst, visitor.invitation.id, true)).rejects.toMatchObject({
    code: 'forbidden',
  })
  await stage.invitations.revoke(admin, visitor.invitation.id)
  await expect(stage.flow.confirm(admin, visitor.invitation.id, true)).rejects.toMatchObject({
    code: 'conflict',
  })
  expect(await stage.db.tenant.count()).toBe(0)
})

test('a tenant of another customer is not taken over by confirming an open link', async () => {
  const customer = stage.nextCustomer()
  const attacker = await stage.invite(customer, { pinned: false, name: 'Attacker Ltd' })
  await proveAs(attacker, null)
  const owner = await stage.invite(customer)
  await owner.walk()
  await stage.drain()

  await expect(stage.flow.confirm(admin, attacker.invitation.id, true)).rejects.toMatchObject({
    code: 'tenant_taken',
  })

  expect((await stage.tenant(customer.tenantId)).name).toBe(customer.name)
  expect(await attacker.status()).toBe('confirming')
})

test('two members of staff confirm at once: one verification begins', async () => {
  const visitor = await stage.invite(stage.nextCustomer(), { pinned: false })
  await proveAs(visitor, null)

  const answers = await Promise.allSettled([
    stage.flow.confirm(admin, visitor.invitation.id, true),
    stage.flow.confirm(admin, visitor.invitation.id, true),
  ])

  expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  expect(stage.jobs).toHaveLength(1)
})
