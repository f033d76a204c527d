import { afterAll, beforeAll, expect, test } from 'vitest'
import { createServices, type Services } from '../../src/services.ts'
import { systemActor } from '../../src/tenants/actor.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { administrator, type Customers, customersOf } from '../helpers/customers.ts'

/** Far more than it takes, for a machine that is busy. */
const patience = { interval: 50 }

let running: RunningApp
let customers: Customers
/** A second process's services on the same database. */
let other: Services

beforeAll(async () => {
  running = await startApp({ tenants: 40, work: false })
  other = await createServices(running.services.config, running.database.url)
  await other.start({ work: false })
  customers = customersOf(running)
})

afterAll(async () => {
  await other?.close(1000)
  await running?.close()
})

/** How often Entra was asked for a token of that tenant. */
function tokenRequests(tenantId: string): number {
  return running.simulator.control
    .requests({ service: 'login', tenantId, path: '/token' })
    .reduce((sum, { count }) => sum + count, 0)
}

/** Asks the other process until it had to go to Entra again. */
async function expectAnotherToken(tenantId: string): Promise<void> {
  const before = tokenRequests(tenantId)
  await expect
    .poll(async () => {
      await other.tokens.acquire(tenantId, 'graph').catch(() => undefined)
      return tokenRequests(tenantId)
    }, patience)
    .toBeGreaterThan(before)
}

test('offboarding a tenant in one process drops its tokens in the other', async () => {
  const { tenantId } = await customers.connected()
  await other.tokens.acquire(tenantId, 'graph')

  await running.services.tenants.remove(administrator, tenantId)

  await expectAnotherToken(tenantId)
})

test('a consent found gone by one process is known to the other, which asks Entra and is refused', async () => {
  const { tenantId } = await customers.connected()
  await other.tokens.acquire(tenantId, 'graph')
  running.simulator.control.deleteEnterpriseApp(tenantId)

  await running.services.verification.verifyNow(systemActor, tenantId)

  await expect
    .poll(
      () =>
        other.tokens.acquire(tenantId, 'graph').then(
          () => null,
          error => error.failure?.code,
        ),
      patience,
    )
    .toBe('consent_missing')
})

test('roles that one process finds changed show in the tokens of the other', async () => {
  const { tenantId } = await customers.connected()
  const before = await other.tokens.acquire(tenantId, 'graph')
  running.simulator.control.removeRoles(tenantId, ['graph:ThreatHunting.Read.All'])

  await running.services.verification.verifyNow(systemActor, tenantId)

  expect(before.roles).toContain('ThreatHunting.Read.All')
  await expect
    .poll(async () => (await other.tokens.acquire(tenantId, 'graph')).roles, patience)
    .not.toContain('ThreatHunting.Read.All')
})

test('a token that an API rejects in one process is dropped in the other, that surface alone', async () => {
  const { tenantId } = await customers.connected()
  await other.tokens.acquire(tenantId, 'graph')
  const endpointToken = await other.tokens.acquire(tenantId, 'endpoint')

  running.services.tokens.rejected(await running.services.tokens.acquire(tenantId, 'graph'))

  await expectAnotherToken(tenantId)
  expect(await other.tokens.acquire(tenantId, 'endpoint')).toBe(endpointToken)
})

test('an API that rejects every token does not make the processes drop by turns', async () => {
  const { tenantId } = await customers.connected()
  const { tokens } = running.services
  await other.tokens.acquire(tenantId, 'graph')
  tokens.rejected(await tokens.acquire(tenantId, 'graph'))
  await expectAnotherToken(tenantId)
  const held = await other.tokens.acquire(tenantId, 'graph')

  tokens.rejected(await tokens.acquire(tenantId, 'graph', { fresh: true }))
  const marker = await customers.connected()
  await other.tokens.acquire(marker.tenantId, 'graph')
  tokens.drop(marker.tenantId)
  // Messages come in order: once the marker's drop was heard, so was everything before it.
  await expectAnotherToken(marker.tenantId)

  expect(await other.tokens.acquire(tenantId, 'graph')).toBe(held)
})

test('a process that may have missed something holds on to no token', async () => {
  const { tenantId } = await customers.connected()
  await other.tokens.acquire(tenantId, 'graph')

  await running.database.db
    .$queryRaw`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'tenantry broadcast'`

  await expect.poll(() => other.tokens.stats().size, patience).toBe(0)
})
