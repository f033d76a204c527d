import { expect, test } from 'vitest'
import { connectionSummary } from '../../src/tenants/connection-summary.ts'
import { recomputeMissing } from '../../src/verification/required-roles.ts'
import { requiredRoles } from '../consent/stage.ts'
import { stage, useStage } from '../consent/use-stage.ts'
import { admin } from '../tenants/givens.ts'
import { givenConnected } from './givens.ts'

useStage()

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
