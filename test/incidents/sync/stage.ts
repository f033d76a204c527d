import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import { onTestFinished } from 'vitest'
import { type Simulator, startSimulator } from '../../../simulator/src/index.ts'
import { demoRegistration } from '../../../simulator/src/registration.ts'
import type { CustomerProfile } from '../../../simulator/src/world.ts'
import type { RoundOutcome } from '../../../src/incidents/sync/round.ts'
import { runRound } from '../../../src/incidents/sync/run-round.ts'
import { createSyncStore, type SyncStore } from '../../../src/incidents/sync/store.ts'
import { createEndpoints } from '../../../src/microsoft/clouds/endpoints.ts'
import { createDefender, type Defender } from '../../../src/microsoft/defender/index.ts'
import { createRemote } from '../../../src/microsoft/http/index.ts'
import { createTokens } from '../../../src/microsoft/tokens/index.ts'
import { createPool } from '../../../src/platform/database/connections/connections.ts'
import type { Database } from '../../../src/platform/database/index.ts'
import { roles } from '../../helpers/customers.ts'
import { createTestDatabase } from '../../helpers/database.ts'

export type SyncStage = {
  simulator: Simulator
  db: Database
  databaseUrl: string
  pool: pg.Pool
  store: SyncStore
  defender: Defender
  /** A customer of that size, consented and connected. @returns its tenant id */
  connect(size: CustomerProfile['size'], granted?: readonly string[]): Promise<string>
  /**
   * Does one round of a tenant, due or not.
   *
   * @param between called before each call to Microsoft
   */
  round(tenantId: string, between?: (call: string) => void): Promise<RoundOutcome>
  /** Rounds until nothing is left to be done at once. */
  settle(tenantId: string, between?: (call: string) => void): Promise<RoundOutcome>
}

/**
 * The simulator, a database, and what synchronises one with the other, without
 * the engine that decides when.
 *
 * @param options.cleanUp when all of it ends: with the test unless told
 */
export async function givenSync({ tenants = 25, cleanUp = onTestFinished } = {}): Promise<SyncStage> {
  const [database, simulator] = await Promise.all([
    createTestDatabase(),
    startSimulator({
      publicUrl: 'http://localhost:3000',
      propagationMs: { principal: 0, roles: 0 },
      tenants,
    }),
  ])
  simulator.control.setQuota({ enabled: false })
  const { db } = database
  const pool = createPool(database.url, { name: 'test', max: 6 })
  // The database is dropped right after the pool ended.
  pool.on('error', () => {})
  const { defender, close } = layersFor(simulator.origin)
  cleanUp(async () => {
    await close()
    await pool.end()
    await simulator.close()
    await database.drop()
  })
  const store = createSyncStore(pool)
  const worker = randomUUID()
  const left = simulator.world
    .customers()
    .filter(({ licenses, regionSubScope }) => licenses.length === 6 && !regionSubScope)

  async function round(tenantId: string, between = (_call: string): void => {}): Promise<RoundOutcome> {
    await pool.query(
      `UPDATE "IncidentSync" SET "nextAt" = now() + interval '1 hour' WHERE "tenantId" <> $1`,
      [tenantId],
    )
    await store.wake([tenantId])
    const [claim] = await store.claim(worker, 1, 60_000)
    if (claim?.tenantId !== tenantId) throw new Error('the tenant could not be claimed')
    const before =
      <A extends unknown[], R>(name: string, call: (...args: A) => R) =>
      (...args: A): R => {
        between(name)
        return call(...args)
      }
    const deps = {
      store,
      worker,
      spanDays: 30,
      random: () => 0,
      onUnreadable: () => {},
      defender: {
        syncSurface: defender.syncSurface,
        syncPage: before('page', defender.syncPage),
        syncIncident: before('incident', defender.syncIncident),
      },
    }
    const outcome = await runRound(deps, claim, AbortSignal.timeout(60_000))
    if (!outcome) throw new Error('the claim was lost')
    await store.settle(worker, [{ tenantId, outcome }])
    return outcome
  }

  return {
    simulator,
    db,
    databaseUrl: database.url,
    pool,
    store,
    defender,
    round,

    async connect(size, granted = roles.graph) {
      const index = left.findIndex(one => one.size === size)
      const [customer] = left.splice(index, 1)
      if (!customer || index < 0) throw new Error('no such customer is left')
      simulator.control.grantConsent(customer.tenantId, [...granted])
      await addTenant(db, customer, granted)
      await store.addTenants()
      return customer.tenantId
    },

    async settle(tenantId, between) {
      for (let rounds = 0; rounds < 100; rounds++) {
        const outcome = await round(tenantId, between)
        if (outcome.waitMs > 1000 || outcome.failure) return outcome
      }
      throw new Error('the rounds do not come to an end')
    },
  }
}

/** A row as a proven consent leaves it. */
export async function addTenant(
  db: Database,
  { tenantId, name }: { tenantId: string; name: string },
  granted: readonly string[],
): Promise<void> {
  await db.tenant.create({
    data: {
      id: tenantId,
      name,
      cloud: 'global',
      status: 'connected',
      rolesGranted: [...granted],
      customer: { create: { name, nameKey: randomUUID() } },
    },
  })
}

/** The layers up to the surfaces, without the published rates: they have tests of their own. */
export function layersFor(origin: string): { defender: Defender; close(): Promise<void> } {
  const endpoints = createEndpoints('global', {
    login: origin,
    graph: origin,
    defender: origin,
    endpoint: origin,
  })
  const remote = createRemote({ quotas: { take: async () => {}, penalize: async () => {} }, random: () => 0 })
  const tokens = createTokens({
    endpoints,
    clientId: demoRegistration.clientId,
    credentials: [{ kind: 'secret', secret: demoRegistration.clientSecret, label: 'client secret' }],
    remote,
  })
  return { defender: createDefender({ remote, tokens, endpoints }), close: () => remote.close() }
}
