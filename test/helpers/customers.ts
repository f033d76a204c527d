import type { CustomerProfile } from '../../simulator/src/world.ts'
import type { Actor } from '../../src/tenants/actor.ts'
import type { RunningApp } from './app.ts'

/** Who does what a test asks for. */
export const administrator: Actor = {
  kind: 'staff',
  id: 'a3b0c1d2-0000-4000-8000-000000000001',
  label: 'admin@partner.example',
  role: 'admin',
  tenants: 'all',
}

/** Roles on every surface, so that a test can choose which one answers. */
export const roles = {
  graph: [
    'graph:SecurityIncident.ReadWrite.All',
    'graph:SecurityAlert.Read.All',
    'graph:ThreatHunting.Read.All',
  ],
  defender: ['defender:Incident.ReadWrite.All', 'defender:AdvancedHunting.Read.All'],
  endpoint: [
    'endpoint:Machine.Read.All',
    'endpoint:Machine.Isolate',
    'endpoint:Machine.Scan',
    'endpoint:AdvancedQuery.Read.All',
  ],
} as const

const everyRole = [...roles.graph, ...roles.defender, ...roles.endpoint]

export type Customers = {
  /** One that granted every role; another each time. */
  consented(grants?: readonly string[]): CustomerProfile
  /** The same, and connected here. */
  connected(grants?: readonly string[], size?: CustomerProfile['size']): Promise<CustomerProfile>
}

/** Each test takes customers of its own: circuits, quotas and tokens are kept per tenant. */
export function customersOf({ simulator, services }: RunningApp): Customers {
  const left = simulator.world
    .customers()
    .filter(({ licenses, regionSubScope }) => licenses.length === 6 && !regionSubScope)

  function next(grants: readonly string[], size?: CustomerProfile['size']): CustomerProfile {
    const index = size === undefined ? 0 : left.findIndex(one => one.size === size)
    const [customer] = index < 0 ? [] : left.splice(index, 1)
    if (!customer) throw new Error('no customer is left: start the simulator with more')
    simulator.control.grantConsent(customer.tenantId, [...grants])
    return customer
  }

  return {
    consented: (grants = everyRole) => next(grants),
    async connected(grants = everyRole, size) {
      const customer = next(grants, size)
      const { tenantId: tenant, name } = customer
      await services.connect.connectTenant(administrator, { tenant, name })
      simulator.control.resetRequests()
      return customer
    },
  }
}
