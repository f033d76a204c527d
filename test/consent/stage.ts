import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Simulator, startSimulator } from '../../simulator/src/index.ts'
import type { CustomerProfile } from '../../simulator/src/world.ts'
import { loadConfig } from '../../src/config.ts'
import type { RoleKey } from '../../src/microsoft/roles/roles.ts'
import type { Database } from '../../src/platform/database/index.ts'
import type { Jobs } from '../../src/platform/jobs/jobs.ts'
import { verificationJob } from '../../src/platform/jobs/kinds.ts'
import { createServices, type Services } from '../../src/services.ts'
import { findTenant, type TenantRecord } from '../../src/tenants/store.ts'
import { createTestDatabase } from '../helpers/database.ts'
import { admin, emptyDatabase } from '../tenants/givens.ts'
import { Visitor } from './visitor.ts'

export const publicUrl = 'http://localhost:3000'
export const requiredRoles: RoleKey[] = [
  'graph:SecurityIncident.Read.All',
  'graph:SecurityAlert.Read.All',
  'graph:ThreatHunting.Read.All',
  'endpoint:Machine.Read.All',
]

/** Everything of a consent over loopback: a database, the simulator, the real tokens; jobs by hand. */
export type Stage = Pick<
  Services,
  'key' | 'audit' | 'tokens' | 'tenants' | 'invitations' | 'verification' | 'connect' | 'notifications'
> & {
  db: Database
  simulator: Simulator
  flow: Services['consent']
  /** Verification jobs that were asked for and not done. */
  jobs: { tenantId: string; run: number; afterSeconds: number }[]
  now(): Date
  /** Moves our clock and the simulator's on. */
  advance(ms: number): void
  /** Does every waiting job, moving both clocks on by what it was to wait. @returns jobs done */
  drain(most?: number): Promise<number>
  /** A customer of the simulator with every license, another one each time. */
  nextCustomer(): CustomerProfile
  tenant(id: string): Promise<TenantRecord>
  invite(customer: CustomerProfile, options?: { pinned?: boolean; name?: string }): Promise<Visitor>
  clean(): Promise<void>
  close(): Promise<void>
}

/** A queue that does nothing by itself: jobs of verifications are kept, all others dropped. */
function createIdleJobs(): { queue: Jobs; waiting: Stage['jobs'] } {
  const waiting: Stage['jobs'] = []
  const queue: Jobs = {
    handle() {},
    repeat() {},
    async enqueue(kind, data, { afterSeconds = 0 }) {
      if (kind.name === verificationJob.name)
        waiting.push({ ...verificationJob.data.parse(data), afterSeconds })
    },
    async start() {},
    isReady: async () => true,
    async stop() {},
  }
  return { queue, waiting }
}

export async function createStage(): Promise<Stage> {
  const [database, simulator] = await Promise.all([
    createTestDatabase(),
    startSimulator({ publicUrl, tenants: 60, propagationMs: { principal: 0, roles: 0 } }),
  ])
  const { db } = database
  let offsetMs = 0
  const now = () => new Date(Date.now() + offsetMs)
  const { queue, waiting: jobs } = createIdleJobs()
  const config = loadConfig({
    TENANTRY_PUBLIC_URL: publicUrl,
    TENANTRY_SIMULATOR_PORT: new URL(simulator.origin).port,
    TENANTRY_SECRET_KEY: randomBytes(32).toString('base64'),
    TENANTRY_LOG_LEVEL: 'silent',
    // Nothing is started, so nothing is written there.
    TENANTRY_DATA_DIR: join(tmpdir(), `tenantry-stage-${randomBytes(8).toString('hex')}`),
  })
  simulator.control.setQuota({ enabled: false })
  const services = await createServices(
    { ...config, requiredRoles, askedRoles: requiredRoles },
    database.url,
    {
      now,
      random: () => 0.5,
      jobs: queue,
      // Rates are kept in real time, which the tests' clock runs ahead of.
      quotas: { take: async () => {}, penalize: async () => {} },
    },
  )
  const { key, audit, tokens, tenants, invitations, verification, connect, notifications } = services
  const customers = simulator.world
    .customers()
    .filter(({ licenses, regionSubScope }) => licenses.length === 6 && !regionSubScope)
  let taken = 0

  const stage: Stage = {
    db,
    key,
    audit,
    simulator,
    tokens,
    tenants,
    invitations,
    flow: services.consent,
    verification,
    connect,
    notifications,
    jobs,
    now,
    advance(ms) {
      offsetMs += ms
      simulator.control.advanceClock(ms)
    },
    async drain(most = 100) {
      let done = 0
      while (done < most) {
        const job = jobs.shift()
        if (!job) break
        stage.advance(job.afterSeconds * 1000)
        await verification.verifyTenant(job.tenantId, job.run)
        done += 1
      }
      return done
    },
    nextCustomer() {
      const customer = customers[taken % customers.length]
      taken += 1
      if (!customer) throw new Error('the simulator has no fully licensed customer')
      return customer
    },
    async tenant(id) {
      const tenant = await findTenant(db, id)
      if (!tenant) throw new Error('there is no such tenant')
      return tenant
    },
    async invite(customer, { pinned = true, name = customer.name } = {}) {
      const tenant = pinned ? customer.domain : null
      const invitation = await invitations.create(admin, { customerName: name, tenant })
      return new Visitor(stage, invitation, customer)
    },
    async clean() {
      jobs.length = 0
      simulator.control.clearFaults()
      simulator.control.setPropagation({ principal: 0, roles: 0 })
      await emptyDatabase(database)
    },
    async close() {
      await services.close(1000)
      await simulator.close()
      await database.drop()
    },
  }
  return stage
}
