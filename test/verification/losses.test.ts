import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { recomputeMissing } from '../../src/verification/required-roles.ts'
import { requireGiven } from '../consent/require-given.ts'
import { createStage, requiredRoles, type Stage } from '../consent/stage.ts'
import { admin, limitedTo, reader } from '../tenants/givens.ts'

let stage: Stage
let control: Stage['simulator']['control']

beforeAll(async () => {
  stage = await createStage()
  control = stage.simulator.control
})
afterAll(() => stage.close())
beforeEach(async () => {
  await stage.clean()
  await stage.db.webhook.deleteMany()
})

async function givenProven() {
  const customer = stage.nextCustomer()
  await (await stage.invite(customer)).walk()
  return customer
}

async function givenConnected() {
  const customer = await givenProven()
  await stage.drain()
  requireGiven((await stage.tenant(customer.tenantId)).status === 'connected')
  return customer
}

/** A webhook, and what it is to be told: event and tenant, oldest first. */
async function givenWebhook(limitedToTags: string[] = []) {
  const { id } = await stage.db.webhook.create({
    data: {
      name: 'Tickets',
      url: 'https://tickets.example/',
      format: 'json',
      createdBy: 'admin',
      limitedToTags,
    },
  })
  const payloads = async () => {
    const rows = await stage.db.webhookDelivery.findMany({ where: { webhookId: id }, orderBy: { id: 'asc' } })
    return rows.map(({ payload }) => payload as { type: string; tenant: { tenantId: string } })
  }
  return { payloads, events: async () => (await payloads()).map(({ type }) => type) }
}

/** Kinds of the notifications about a tenant, oldest first. */
async function toldOf(tenantId: string, actor = admin) {
  const { items } = await stage.notifications.list(actor)
  return items
    .filter(({ href }) => href === `/tenants/${tenantId}`)
    .toReversed()
    .map(({ kind }) => kind)
}

test('a revoked consent is told once in the console and to webhooks, and once when it is back', async () => {
  const webhook = await givenWebhook()
  const { tenantId, name } = await givenConnected()

  control.revokeConsent(tenantId)
  await stage.verification.checkTenant(tenantId)
  await stage.verification.checkTenant(tenantId)
  const lost = await stage.notifications.list(admin)
  control.grantConsent(tenantId)
  await stage.verification.checkTenant(tenantId)
  await stage.verification.checkTenant(tenantId)

  expect(lost.items).toMatchObject([
    {
      kind: 'disconnected',
      title: expect.stringContaining(`${name} is disconnected: `),
      href: `/tenants/${tenantId}`,
      isNew: true,
    },
  ])
  expect(await toldOf(tenantId)).toEqual(['disconnected', 'connected'])
  expect(await webhook.payloads()).toMatchObject([
    {
      type: 'tenant.disconnected',
      url: `http://localhost:3000/tenants/${tenantId}`,
      tenant: { tenantId, name },
      problem: { code: 'consent_revoked', remedy: expect.any(String), whoseMove: 'customer' },
      rolesMissing: requiredRoles,
    },
    { type: 'tenant.connected', summary: `${name} is connected again`, tenant: { tenantId, name } },
  ])
})

test('a disabled app, a removed one and a deleted tenant are told as causes of their own', async () => {
  const webhook = await givenWebhook()
  const { tenantId } = await givenConnected()
  const causes = [
    () => control.setAppEnabled(tenantId, false),
    () => control.setAppEnabled(tenantId, true),
    () => control.deleteEnterpriseApp(tenantId),
    () => control.deleteTenant(tenantId),
  ]

  for (const cause of causes) {
    cause()
    await stage.verification.checkTenant(tenantId)
    await stage.verification.checkTenant(tenantId)
  }

  expect(await webhook.payloads()).toMatchObject([
    { type: 'tenant.disconnected', problem: { code: 'app_disabled', serviceCode: 'AADSTS7000112' } },
    { type: 'tenant.connected' },
    { type: 'tenant.disconnected', problem: { code: 'app_removed' } },
    { type: 'tenant.disconnected', problem: { code: 'tenant_not_found' } },
  ])
  control.restoreTenant(tenantId)
})

test('a role taken away is told with its name, another one too, and one given back is no news until all are', async () => {
  const webhook = await givenWebhook()
  const { tenantId, name } = await givenConnected()
  const check = () => stage.verification.checkTenant(tenantId)

  control.removeRoles(tenantId, ['graph:ThreatHunting.Read.All'])
  await check()
  control.removeRoles(tenantId, ['endpoint:Machine.Read.All'])
  await check()
  control.grantConsent(tenantId)
  control.removeRoles(tenantId, ['endpoint:Machine.Read.All'])
  await check()
  const meanwhile = await webhook.events()
  control.grantConsent(tenantId)
  await check()

  expect(meanwhile).toEqual(['tenant.degraded', 'tenant.degraded'])
  expect(await webhook.payloads()).toMatchObject([
    {
      summary: `${name} works only in part: graph:ThreatHunting.Read.All is not granted any more`,
      problem: { code: 'role_missing' },
      rolesMissing: ['graph:ThreatHunting.Read.All'],
    },
    { rolesMissing: ['graph:ThreatHunting.Read.All', 'endpoint:Machine.Read.All'] },
    { type: 'tenant.connected' },
  ])
  expect(await toldOf(tenantId)).toEqual(['degraded', 'degraded', 'connected'])
})

test('what a first consent does not bring is no loss, and neither is what staff begin to require', async () => {
  const webhook = await givenWebhook()
  const { tenantId } = await givenProven()
  control.removeRoles(tenantId, ['endpoint:Machine.Read.All'])
  await stage.drain()
  requireGiven((await stage.tenant(tenantId)).status === 'degraded')
  await stage.verification.checkTenant(tenantId)
  const other = await givenConnected()
  control.removeRoles(other.tenantId, ['defender:Incident.Read.All'])
  await recomputeMissing(stage, [...requiredRoles, 'endpoint:Machine.LiveResponse'])

  await stage.verification.checkTenant(tenantId)
  await recomputeMissing(stage, requiredRoles)
  await stage.verification.checkTenant(other.tenantId)
  control.grantConsent(tenantId)
  await stage.verification.checkTenant(tenantId)

  expect((await stage.tenant(tenantId)).status).toBe('connected')
  expect(await webhook.events()).toEqual([])
})

test('two checks at the same moment tell a loss once', async () => {
  const webhook = await givenWebhook()
  const { tenantId } = await givenConnected()
  control.setAppEnabled(tenantId, false)

  await Promise.all([1, 2, 3].map(() => stage.verification.checkTenant(tenantId)))

  expect(await webhook.events()).toEqual(['tenant.disconnected'])
  control.setAppEnabled(tenantId, true)
})

test('a consent given again after a loss is told once it is verified', async () => {
  const webhook = await givenWebhook()
  const customer = await givenConnected()
  const { tenantId } = customer
  control.deleteEnterpriseApp(tenantId)
  await stage.verification.checkTenant(tenantId)

  await (await stage.invite(customer)).walk()
  const proven = await webhook.events()
  await stage.drain()

  expect(proven).toEqual(['tenant.disconnected'])
  expect(await webhook.events()).toEqual(['tenant.disconnected', 'tenant.connected'])
})

test('who may not see the tenant is told nothing of it, and all of it goes with the tenant', async () => {
  const [north, south] = [await givenWebhook(['north']), await givenWebhook(['south'])]
  const { tenantId } = await givenConnected()
  await stage.tenants.changeTags(admin, [tenantId], { add: ['north'] })
  control.revokeConsent(tenantId)
  await stage.verification.checkTenant(tenantId)

  expect(await toldOf(tenantId, reader)).toEqual(['disconnected'])
  expect(await toldOf(tenantId, limitedTo('north'))).toEqual(['disconnected'])
  expect(await toldOf(tenantId, limitedTo('south'))).toEqual([])
  expect(await stage.notifications.countNew(limitedTo('south'))).toBe(0)
  expect([await north.events(), await south.events()]).toEqual([['tenant.disconnected'], []])

  await stage.tenants.remove(admin, tenantId)

  expect(await stage.db.notification.count({ where: { href: `/tenants/${tenantId}` } })).toBe(0)
  expect(await north.events()).toEqual([])
})

test('what passes by itself, and what is ours, tells nothing, neither of a loss nor of an end', async () => {
  const webhook = await givenWebhook()
  const [well, lost] = [await givenConnected(), await givenConnected()]
  control.revokeConsent(lost.tenantId)
  await stage.verification.checkTenant(lost.tenantId)
  const faults = [
    { kind: 'aadsts' as const, aadsts: 7000222 },
    { kind: 'throttle-text' as const, retryAfterSeconds: 1 },
    { kind: 'aadsts' as const, aadsts: 90033 },
  ]

  const seen = new Set<unknown>()
  for (const fault of faults) {
    control.addFault({ service: 'login', path: '/token', ...fault })
    for (const { tenantId } of [well, lost]) {
      await stage.verification.checkTenant(tenantId)
      const { status, lastError } = await stage.tenant(tenantId)
      seen.add(`${status} ${(lastError as { code: string } | null)?.code}`)
    }
    control.clearFaults()
  }

  expect([...seen]).toEqual(
    expect.arrayContaining(['connected throttled', 'connected circuit_open', 'connected credential_expired']),
  )
  expect(await webhook.events()).toEqual(['tenant.disconnected'])
  expect(await toldOf(well.tenantId)).toEqual([])
  expect(await toldOf(lost.tenantId)).toEqual(['disconnected'])
})
