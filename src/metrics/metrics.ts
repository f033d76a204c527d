import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Failure } from '../errors.ts'
import type { Surface } from '../microsoft/clouds/clouds.ts'
import type { Remote } from '../microsoft/http/index.ts'
import type { CredentialRefused, Tokens } from '../microsoft/tokens/index.ts'
import { within } from '../platform/limits/deadline.ts'
import { systemActor } from '../tenants/actor.ts'
import type { Tenants } from '../tenants/tenants.ts'
import { addBacklog } from './backlog.ts'
import type { Backlog } from './store.ts'

/** Metrics are read while the database does not answer, too. */
const databaseAnswerMs = 2_000

export type Metrics = ReturnType<typeof createMetrics>

/**
 * What this process tells Prometheus. Labels are few and bounded: no tenant,
 * no address, no user.
 */
export function createMetrics({
  tokens,
  tenants,
  openCircuits,
  pool,
  backlog,
  version,
  role,
}: {
  tokens: () => Tokens
  tenants: () => Tenants
  openCircuits: Remote['openCircuits']
  pool: { totalCount: number; idleCount: number; waitingCount: number; options: { max?: number } }
  /** What waits to be done, as the database says. */
  backlog: () => Promise<Backlog>
  version: string
  role: string
}) {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]

  const requests = new Histogram({
    name: 'tenantry_http_request_duration_seconds',
    help: 'Requests answered, by route and status',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 5],
    registers,
  })
  const remoteCalls = new Counter({
    name: 'tenantry_surface_calls_total',
    help: 'Calls to customers’ Defender data, by surface and outcome',
    labelNames: ['surface', 'outcome'],
    registers,
  })
  const refusals = new Counter({
    name: 'tenantry_credential_refusals_total',
    help: 'Times that Entra refused one of our credentials',
    labelNames: ['credential', 'code'],
    registers,
  })

  let counting: Promise<Record<string, number> | null> | null = null
  /** Tenants by status, null while the database does not answer; once for all that asks while it is asked. */
  function countTenants(): Promise<Record<string, number> | null> {
    counting ??= within(tenants().summarize(systemActor), databaseAnswerMs)
      .then(found => found?.byStatus ?? null)
      .catch(() => null)
      .finally(() => {
        counting = null
      })
    return counting
  }

  new Gauge({
    name: 'tenantry_database_up',
    help: '1 when the database answered while these metrics were read, else 0',
    registers,
    async collect() {
      this.set((await countTenants()) ? 1 : 0)
    },
  })
  new Gauge({
    name: 'tenantry_tenants',
    help: 'Tenants by status',
    labelNames: ['status'],
    registers,
    async collect() {
      const byStatus = await countTenants()
      // What is not known now is left out: an old value would say that all is well.
      this.reset()
      for (const [status, count] of Object.entries(byStatus ?? {})) this.set({ status }, count)
    },
  })
  new Gauge({
    name: 'tenantry_tokens_cached',
    help: 'Access tokens held in memory',
    registers,
    collect() {
      this.set(tokens().stats().size)
    },
  })
  new Gauge({
    name: 'tenantry_credential_days_left',
    help: 'Days until a credential expires, where that is known',
    labelNames: ['credential'],
    registers,
    async collect() {
      this.reset()
      for (const { credential, daysLeft } of await tokens().expiry()) {
        if (daysLeft !== null) this.set({ credential }, daysLeft)
      }
    },
  })

  new Gauge({
    name: 'tenantry_credential_refused',
    help: '1 while a credential is known to be refused or cannot be read, else 0',
    labelNames: ['credential'],
    registers,
    async collect() {
      this.reset()
      for (const { credential, failure } of await tokens().expiry()) {
        this.set({ credential }, failure === null ? 0 : 1)
      }
    },
  })

  new Gauge({
    name: 'tenantry_build_info',
    help: 'Version and role of this process; always 1',
    labelNames: ['version', 'role', 'node'],
    registers,
  }).set({ version, role, node: process.versions.node }, 1)
  new Gauge({
    name: 'tenantry_database_connections',
    help: 'Connections of the pool that pages, hunts and incidents share, and requests that wait for one',
    labelNames: ['state'],
    registers,
    collect() {
      this.set({ state: 'used' }, pool.totalCount - pool.idleCount)
      this.set({ state: 'idle' }, pool.idleCount)
      this.set({ state: 'waiting' }, pool.waitingCount)
      this.set({ state: 'most' }, pool.options.max ?? 0)
    },
  })
  new Counter({
    name: 'tenantry_tokens_total',
    help: 'Access tokens asked of Entra (minted) and served from memory',
    labelNames: ['outcome'],
    registers,
    collect() {
      const { size: _, ...counts } = tokens().stats()
      this.reset()
      for (const [outcome, count] of Object.entries(counts)) this.inc({ outcome }, count)
    },
  })
  const jobFailures = new Counter({
    name: 'tenantry_job_failures_total',
    help: 'Jobs that this process began and that failed, by kind',
    labelNames: ['job'],
    registers,
  })
  const quotaWaits = new Histogram({
    name: 'tenantry_quota_wait_seconds',
    help: 'Time that calls waited for their turn in a tenant’s rate, by quota',
    labelNames: ['quota'],
    buckets: [0.01, 0.1, 1, 5, 15, 60],
    registers,
  })
  new Gauge({
    name: 'tenantry_circuits_open',
    help: 'Tenants whose calls this process holds back after failures in a row, by service',
    labelNames: ['service'],
    registers,
    collect() {
      this.reset()
      for (const [service, count] of openCircuits()) this.set({ service }, count)
    },
  })
  addBacklog(registry, backlog)

  return {
    registry,
    jobFailed: (job: string): void => jobFailures.inc({ job }),
    quotaWaited: (quota: string, seconds: number): void => quotaWaits.observe({ quota }, seconds),
    requestAnswered(method: string, route: string, status: number, seconds: number): void {
      requests.observe({ method, route, status }, seconds)
    },
    surfaceCalled(surface: Surface, failure: Failure | null): void {
      remoteCalls.inc({ surface, outcome: failure?.code ?? 'ok' })
    },
    credentialRefused({ credential, failure }: CredentialRefused): void {
      refusals.inc({ credential, code: failure.code })
    },
  }
}
