import { expect, test } from 'vitest'
import { connectionSummary } from '../../src/tenants/connection-summary.ts'
import { beginVerificationRun } from '../../src/verification/check-store.ts'
import { verificationProgress } from '../../src/verification/progress.ts'
import { stage, useStage } from '../consent/use-stage.ts'
import { admin, limitedTo, reader } from '../tenants/givens.ts'
import { givenConnected, givenProven } from './givens.ts'

useStage()

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

test('a tenant that lacks a role is usable at once, and later checks go on quietly', async () => {
  const { tenantId, visitor } = await givenProven()
  stage.simulator.control.removeRoles(tenantId, ['endpoint:Machine.Read.All'])

  await stage.drain(1)
  const first = await stage.tenant(tenantId)
  const invitation = await visitor.status()
  await stage.drain(3)
  const { items: quiet } = await stage.tenants.timeline(admin, tenantId)
  stage.simulator.control.grantConsent(tenantId)
  await stage.drain()
  const { items } = await stage.tenants.timeline(admin, tenantId)

  expect(first).toMatchObject({
    status: 'degraded',
    rolesMissing: ['endpoint:Machine.Read.All'],
    verifiedAt: expect.any(Date),
    lastError: { code: 'role_missing', permanent: false },
  })
  expect(first.rolesGranted).toContain('graph:ThreatHunting.Read.All')
  expect(verificationProgress(first)).toMatchObject({ underWay: true, status: 'degraded' })
  expect(invitation).toBe('verified')
  expect(quiet.map(({ type }) => type)).toEqual(['degraded', 'consented'])
  expect(items.map(({ type }) => type)).toEqual(['connected', 'roles_changed', 'degraded', 'consented'])
  expect(await stage.tenant(tenantId)).toMatchObject({
    status: 'connected',
    rolesMissing: [],
    lastError: null,
  })
})

test('a tenant that never gets the role is degraded from the first check to the last, once in its timeline', async () => {
  const { tenantId } = await givenProven()
  stage.simulator.control.removeRoles(tenantId, ['endpoint:Machine.Read.All'])

  await stage.drain()

  const { items } = await stage.tenants.timeline(admin, tenantId)
  expect(items.map(({ type }) => type)).toEqual(['degraded', 'consented'])
  expect(await stage.tenant(tenantId)).toMatchObject({
    status: 'degraded',
    verificationNextAt: null,
    lastError: { code: 'role_missing', permanent: true },
  })
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
  expect(connectionSummary(tenant)).toMatchObject({
    reconsentHelps: true,
    failure: { whoseMove: 'customer' },
  })
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
  const run = await beginVerificationRun(stage.db, tenantId, stage.now())
  stage.jobs.push({ tenantId, run, afterSeconds: 0 })

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
