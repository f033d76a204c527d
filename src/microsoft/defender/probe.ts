import { type Failure, RemoteError } from '../../errors.ts'
import type { Surface } from '../clouds/clouds.ts'
import type { CallSurface, SurfaceCall } from './call.ts'

type Try = { roles: RegExp } & Pick<SurfaceCall, 'method' | 'path' | 'body' | 'quota'>

/** Costs nothing and needs no table, which a license might lack. */
const cheapQuery = { Query: 'print Ready = true' }

/** The smallest read that each role opens, cheapest first; hunting last, as its quota is the customer's too. */
const tries: Record<Surface, Try[]> = {
  graph: [
    {
      roles: /^SecurityIncident\.Read(Write)?\.All$/,
      path: '/v1.0/security/incidents?$top=1',
      quota: 'graph-incidents',
    },
    {
      roles: /^SecurityAlert\.Read(Write)?\.All$/,
      path: '/v1.0/security/alerts_v2?$top=1',
      quota: 'graph-security',
    },
    {
      roles: /^ThreatHunting\.Read\.All$/,
      method: 'POST',
      path: '/v1.0/security/runHuntingQuery',
      body: cheapQuery,
      quota: 'graph-hunting',
    },
  ],
  defender: [
    { roles: /^Incident\.Read(Write)?\.All$/, path: '/api/incidents?$top=1', quota: 'defender-incidents' },
    {
      roles: /^AdvancedHunting\.Read\.All$/,
      method: 'POST',
      path: '/api/advancedhunting/run',
      body: cheapQuery,
      quota: 'defender-hunting',
    },
  ],
  endpoint: [
    { roles: /^Machine\.Read(Write)?\.All$/, path: '/api/machines?$top=1', quota: 'endpoint' },
    { roles: /^Alert\.Read(Write)?\.All$/, path: '/api/alerts?$top=1', quota: 'endpoint' },
    {
      roles: /^AdvancedQuery\.Read\.All$/,
      method: 'POST',
      path: '/api/advancedqueries/run',
      body: cheapQuery,
      quota: 'endpoint-hunting',
    },
  ],
}

export type Probing = {
  /**
   * Asks a surface for next to nothing, to see that it answers our application
   * in this tenant.
   *
   * @param roles granted on the surface, with or without `surface:` before them
   * @returns null when it answered, or when no granted role opens a read
   */
  probe(tenantId: string, surface: Surface, roles: readonly string[]): Promise<Failure | null>
}

export function createProbe(call: CallSurface): Probing {
  return {
    async probe(tenantId, surface, roles) {
      const names = roles.filter(role => !role.includes(':') || role.startsWith(`${surface}:`)).map(bareName)
      const chosen = tries[surface].find(one => names.some(name => one.roles.test(name)))
      if (!chosen) return null

      const { roles: _, ...request } = chosen
      const limits = { timeoutMs: 20_000, deadlineMs: 30_000, attempts: 2 }
      try {
        await call({ tenantId, surface, ...request, write: false, ...limits })
        return null
      } catch (error) {
        if (!(error instanceof RemoteError)) throw error
        // The page on listing machines says that a tenant without any answers 404.
        const isEmptyList = surface === 'endpoint' && /NotFound$/.test(error.failure.serviceCode ?? '')
        return isEmptyList ? null : error.failure
      }
    },
  }
}

function bareName(role: string): string {
  return role.slice(role.indexOf(':') + 1)
}
