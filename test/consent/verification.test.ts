import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { verificationProgress } from '../../src/consent/progress.ts'
import { recomputeMissing } from '../../src/consent/required-roles.ts'
import { connectionSummary } from '../../src/tenants/connection-summary.ts'
import { admin, limitedTo, reader } from '../tenants/givens.ts'
import { requireGiven } from './require-given.ts'
import { createStage, requiredRoles, type Stage } from './stage.ts'

let stage: Stage

beforeAll(async () => {
  stage = await createStage()
})
afterAll(() => stage.close())
beforeEach(() => stage.clean())

async function givenProven() {
  const customer = stage.nextCustomer()
  const visitor = await stage.invite(customer)
  await visitor.walk()
  return { customer, visitor, tenantId: customer.tenantId }
}

async function givenConnected() {
  const proven = await givenProven()
  await stage.drain()
  requireGiven((await stage.tenant(proven.tenantId)).status === 'connected')
  return proven
}

test('roles that arrive late keep the tenant verifying, and it turns connected by itself', async () => {
  stage.simulator.control.setPropagation({ principal: 8000, roles: 60_000 })
  const { tenantId, visitor } = await givenProven()
  const seen: (string | null)[] = []

  for (let tries = 0; tries < 20 && stage.jobs.length > 0; tries += 1) {
    await stage.drain(1)
    seen.push(verificationProgress(await stage.tenant(tenantId)).awaiting)
  }

  expect(seen[0]).toBe('token')
  expect(seen).toContain('roles')
  expect(await stage.tenant(tenantId)).toMatchObject({
    status: 'connected',
    verificationNextAt: null,
    lastError: null,
  })
  expect(await visitor.status()).toBe('verified')
})

test('pauses grow from seconds to a minute and end after a quarter of an hour', async () => {
  const { tenantId, visitor } = await givenProven()
  stage.simulator.control.deleteEnterpriseApp(tenantId)
  const pauses: number[] = []

  while (stage.jobs[0]) {
    pauses.push(stage.jobs[0].afterSeconds)
    await stage.drain(1)
  }

  expect(pauses.slice(0, 7)).toEqual([0, 5, 10, 20, 40, 60, 60])
  expect(pauses.reduce((sum, pause) => sum + pause, 0)).toBeLessThan(16 * 60)
  const tenant = await stage.tenant(tenantId)
  expect(tenant).toMatchObject({
    status: 'disconnected',
    lastError: { code: 'consent_missing', permanent: true },
  })
  expect(connectionSummary(tenant)).toMatchObject({ reconsentHelps: true, whoseMove: 'customer' })
  expect(await visitor.status()).toBe('failed')
  expect(await stage.flow.open(visitor.token, true)).toMatchObject({ kind: 'page' })
})

test('a throttled token endpoint is waited out', async () => {
  const { tenantId } = await givenProven()
  const fault = {
    service: 'login' as const,
    tenantId,
    path: '/token',
    kind: 'throttle-text' as const,
    retryAfterSeconds: 300,
  }
  stage.simulator.control.addFault(fault)

  await stage.drain(1)
  const during = await stage.tenant(tenantId)
  stage.simulator.control.clearFaults()
  const wait = stage.jobs[0]?.afterSeconds
  await stage.drain()

  expect(during).toMatchObject({ status: 'verifying', lastError: { code: 'throttled' } })
  expect(wait).toBeGreaterThanOrEqual(290)
  expect((await stage.tenant(tenantId)).status).toBe('connected')
})

test('a job of an overtaken run does nothing', async () => {
  const { tenantId } = await givenProven()
  const [old] = stage.jobs.splice(0)
  await stage.verification.begin(tenantId)

  await stage.verification.verifyTenant(tenantId, old?.run ?? 0)
  const untouched = await stage.tenant(tenantId)
  await stage.drain()

  expect(untouched.verificationAttempts).toBe(0)
  expect((await stage.tenant(tenantId)).status).toBe('connected')
})

test('a run whose process died is taken up again', async () => {
  const { tenantId } = await givenProven()
  stage.jobs.length = 0

  await stage.verification.resumeStranded()
  const atOnce = stage.jobs.length
  stage.advance(2 * 60_000)
  await stage.verification.resumeStranded()
  await stage.drain()

  expect(atOnce).toBe(0)
  expect((await stage.tenant(tenantId)).status).toBe('connected')
})

test('a removed role degrades the tenant and says what that disables', async () => {
  const { tenantId } = await givenConnected()
  stage.simulator.control.removeRoles(tenantId, ['graph:ThreatHunting.Read.All', 'endpoint:Machine.Isolate'])

  const tenant = await stage.verification.verifyNow(admin, tenantId)

  expect(tenant).toMatchObject({
    status: 'degraded',
    rolesMissing: ['graph:ThreatHunting.Read.All'],
    lastError: { code: 'role_missing' },
  })
  expect(connectionSummary(tenant).disabled[0]?.disables).toBe('The tenant cannot be hunted in.')
  const { items } = await stage.tenants.timeline(admin, tenantId)
  expect(items.find(event => event.type === 'roles_changed')).toMatchObject({
    detail: 'removed: endpoint:Machine.Isolate, graph:ThreatHunting.Read.All',
  })
})

test('what became of the consent is told apart, and cured when the customer cures it', async () => {
  const { control } = stage.simulator
  const { customer, tenantId } = await givenConnected()
  const check = async () => {
    await stage.verification.checkTenant(tenantId)
    const tenant = await stage.tenant(tenantId)
    return [tenant.status, (tenant.lastError as { code: string } | null)?.code ?? null]
  }

  control.setAppEnabled(tenantId, false)
  const disabled = await check()
  control.setAppEnabled(tenantId, true)
  const enabled = await check()
  control.revokeConsent(tenantId)
  const revoked = await check()
  control.deleteEnterpriseApp(tenantId)
  const removed = await check()
  control.grantConsent(tenantId)
  const granted = await check()
  control.deleteTenant(tenantId)
  const deleted = await check()
  control.restoreTenant(tenantId)
  const restored = await check()

  expect(disabled).toEqual(['disconnected', 'app_disabled'])
  expect(enabled).toEqual(['connected', null])
  expect(revoked).toEqual(['disconnected', 'consent_revoked'])
  expect(removed).toEqual(['disconnected', 'app_removed'])
  expect(granted).toEqual(['connected', null])
  expect(deleted).toEqual(['disconnected', 'tenant_not_found'])
  expect(restored).toEqual(['connected', null])
  const { items } = await stage.audit.list(admin, { tenantId })
  expect(items.filter(item => item.action === 'tenant.disconnected')).toHaveLength(3)
  expect(customer.tenantId).toBe(tenantId)
})

test('a bad minute at Microsoft takes nothing from a connected tenant', async () => {
  const { tenantId } = await givenConnected()
  const before = await stage.tenant(tenantId)
  stage.simulator.control.addFault({ service: 'login', tenantId, path: '/token', kind: 'unavailable-html' })

  await stage.verification.checkTenant(tenantId)
  const after = await stage.tenant(tenantId)

  expect(after).toMatchObject({
    status: 'connected',
    rolesGranted: before.rolesGranted,
    rolesMissing: [],
    lastError: { code: expect.stringMatching(/^(unavailable|circuit_open)$/) },
  })
  expect(after.nextCheckAt?.getTime()).toBeLessThan(stage.now().getTime() + 20 * 60_000)
})

test('a required role added later marks every tenant that lacks it, and taking it out clears it', async () => {
  const { tenantId } = await givenConnected()
  const more = [...requiredRoles, 'endpoint:Machine.LiveResponse' as const]

  const marked = await recomputeMissing(stage, more)
  const degraded = await stage.tenant(tenantId)
  const cleared = await recomputeMissing(stage, requiredRoles)
  const again = await recomputeMissing(stage, requiredRoles)

  expect([marked, cleared, again]).toEqual([1, 1, 0])
  expect(degraded).toMatchObject({
    status: 'degraded',
    rolesMissing: ['endpoint:Machine.LiveResponse'],
    lastError: { code: 'role_missing' },
  })
  expect(await stage.tenant(tenantId)).toMatchObject({
    status: 'connected',
    rolesMissing: [],
    lastError: null,
  })
})

test('due checks are claimed once and look at each tenant', async () => {
  const { tenantId } = await givenConnected()
  stage.simulator.control.setAppEnabled(tenantId, false)
  await stage.db.tenant.update({ where: { id: tenantId }, data: { nextCheckAt: new Date(0) } })

  const counts = await Promise.all([stage.verification.checkDue(), stage.verification.checkDue()])

  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1)
  expect((await stage.tenant(tenantId)).status).toBe('disconnected')
  stage.simulator.control.setAppEnabled(tenantId, true)
})

test('who may not see a tenant cannot verify it, and a reader may not', async () => {
  const { tenantId } = await givenConnected()

  await expect(stage.verification.verifyNow(limitedTo('north'), tenantId)).rejects.toMatchObject({
    code: 'not_found',
  })
  await expect(stage.verification.verifyNow(reader, tenantId)).rejects.toMatchObject({ code: 'forbidden' })
})

test('a tenant offboarded while it is verified is let be', async () => {
  const { tenantId } = await givenProven()
  await stage.tenants.remove(admin, tenantId)

  await stage.drain()

  expect(await stage.db.tenant.count()).toBe(0)
})

test('an expired secret of the partner is not taken for a lost consent', async () => {
  const { tenantId } = await givenConnected()
  const secret = { service: 'login' as const, path: '/token', kind: 'aadsts' as const, aadsts: 7000222 }
  stage.simulator.control.addFault(secret)

  await stage.verification.checkTenant(tenantId)

  expect(await stage.tenant(tenantId)).toMatchObject({
    status: 'connected',
    lastError: { code: 'credential_expired', whoseMove: 'partner' },
  })
})
