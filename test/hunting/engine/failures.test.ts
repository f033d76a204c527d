import { expect, onTestFinished, test } from 'vitest'
import type { NewFaults } from '../../../simulator/src/control/fault.ts'
import { givenDefender } from '../../microsoft/defender/setup.ts'
import { givenTenant } from '../../tenants/givens.ts'
import { analyst, ended, givenHunts, huntingRole, until } from '../hunts/stage.ts'

const query = 'print Ready = now(), Word = "yes"'
const path = 'runHuntingQuery'
const each = 10

type Fault = Omit<NewFaults, 'tenantIds' | 'service'> & { service?: NewFaults['service'] }

/** What goes wrong in ten tenants each, and where those tenants end: status, error, whether they were asked again. */
const troubles: [fault: Fault, status: string, code: string | null][] = [
  [{ kind: 'throttle-text', retryAfterSeconds: 1, times: 1 }, 'succeeded', null],
  [{ kind: 'throttle-json', retryAfterSeconds: 1, times: 2 }, 'succeeded', null],
  [{ kind: 'unavailable-html', times: 1 }, 'succeeded', null],
  [{ kind: 'unavailable-empty-json', times: 1 }, 'succeeded', null],
  [{ kind: 'internal-error', times: 1 }, 'succeeded', null],
  [{ kind: 'ok-with-error-body', times: 1 }, 'succeeded', null],
  [{ kind: 'reset', times: 1 }, 'succeeded', null],
  [{ kind: 'truncated-json', times: 1 }, 'succeeded', null],
  [{ kind: 'wrong-content-type', times: 1 }, 'succeeded', null],
  [{ kind: 'unauthorized', times: 1 }, 'succeeded', null],
  [{ kind: 'delay', delayMs: 500 }, 'succeeded', null],
  [{ kind: 'forbidden' }, 'failed', 'role_missing'],
  [{ kind: 'aadsts', aadsts: 700016, service: 'login' }, 'failed', 'consent_missing'],
  [
    {
      kind: 'status',
      status: 400,
      body: { error: { code: 'BadRequest', message: 'Failed to resolve table' } },
    },
    'failed',
    'invalid_query',
  ],
  [{ kind: 'status', status: 418, body: {} }, 'failed', 'unknown_error'],
  [{ kind: 'internal-error' }, 'failed', 'unavailable'],
  [{ kind: 'quota' }, 'waiting', 'cpu_quota_exhausted'],
  [{ kind: 'throttle-json', retryAfterSeconds: 900 }, 'waiting', 'throttled'],
  [{ kind: 'hang' }, 'running', null],
]

test('of two hundred tenants with every kind of trouble each ends where it must', async () => {
  const { simulator, defender } = await givenDefender({ tenants: 240 })
  const { db, hunts } = await givenHunts(() => '', {
    hunt: defender.hunt,
    engine: { concurrency: 32, slowAfterMs: 1_500 },
  })
  const needed = troubles.length * each
  // Those whom nothing but our faults keeps from answering.
  const ids = simulator.world
    .customers()
    .filter(({ licenses, regionScope }) => licenses.length > 0 && regionScope !== 'USGov')
    .map(({ tenantId }) => tenantId)
    .slice(0, 200)
  expect(ids.length).toBeGreaterThanOrEqual(needed)
  for (const [index, id] of ids.entries()) {
    simulator.control.grantConsent(id)
    await givenTenant(db, {
      id,
      name: `Tenant ${String(index).padStart(3, '0')}`,
      rolesGranted: [huntingRole],
    })
  }
  for (const [index, [fault]] of troubles.entries()) {
    const tenantIds = ids.slice(index * each, (index + 1) * each)
    simulator.control.faultMany({ service: 'graph', ...(fault.service ? {} : { path }), ...fault, tenantIds })
  }
  onTestFinished(() => simulator.control.clearFaults())

  const { id } = await hunts.create(analyst, { query, tenants: 'all' })
  const settled = await until(
    () => hunts.get(analyst, id),
    ({ counts }) =>
      counts.running === each && counts.queued === counts.waiting && counts.waiting === 2 * each,
    50_000,
  )
  const byId = new Map(settled.tenants.map(tenant => [tenant.tenantId, tenant]))
  const found = ids.map(tenantId => {
    const tenant = byId.get(tenantId)
    return [tenant?.status, tenant?.error?.code ?? null]
  })
  const canceled = await hunts.cancel(analyst, id)
  const coverage = await hunts.coverage(analyst, id)

  const expected = ids.map((_, index) => troubles[Math.floor(index / each)]?.slice(1) ?? ['succeeded', null])
  expect(found).toEqual(expected)
  expect(canceled.status).toBe('canceled')
  expect(canceled.counts).toMatchObject({ total: 200, running: 0, queued: 0, canceled: 3 * each })
  expect(
    coverage.answered + coverage.canceled + coverage.failed.reduce((sum, { tenants }) => sum + tenants, 0),
  ).toBe(200)
  expect((await ended(hunts, id)).rowCount).toBe((await hunts.page(analyst, id)).total)
})
