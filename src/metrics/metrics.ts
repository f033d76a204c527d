import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Surface } from '../clouds/clouds.ts'
import type { RemoteFailure } from '../errors.ts'
import { systemActor } from '../tenants/actor.ts'
import type { Tenants } from '../tenants/tenants.ts'
import type { CredentialRefused, Tokens } from '../tokens/index.ts'

export type Metrics = ReturnType<typeof createMetrics>

/**
 * What this process tells Prometheus. Labels are few and bounded: no tenant,
 * no address, no user.
 */
export function createMetrics({ tokens, tenants }: { tokens: () => Tokens; tenants: () => Tenants }) {
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

  new Gauge({
    name: 'tenantry_tenants',
    help: 'Tenants by status',
    labelNames: ['status'],
    registers,
    async collect() {
      const { byStatus } = await tenants().summarize(systemActor)
      for (const [status, count] of Object.entries(byStatus)) this.set({ status }, count)
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
      for (const { credential, problem } of await tokens().expiry()) {
        this.set({ credential }, problem === null ? 0 : 1)
      }
    },
  })

  return {
    registry,
    requestAnswered(method: string, route: string, status: number, seconds: number): void {
      requests.observe({ method, route, status }, seconds)
    },
    surfaceCalled(surface: Surface, failure: RemoteFailure | null): void {
      remoteCalls.inc({ surface, outcome: failure?.code ?? 'ok' })
    },
    credentialRefused({ credential, failure }: CredentialRefused): void {
      refusals.inc({ credential, code: failure.code })
    },
  }
}
