import { randomUUID } from 'node:crypto'
import type { RequiredPermission } from '../registration.ts'
import type { StateStore, TenantState } from '../state.ts'
import type { CustomerProfile, Person, Surface, World } from '../world.ts'
import { EntraError } from './aadsts.ts'
import { partner } from './partner.ts'

/** How long a change takes to show, in milliseconds. */
export type Propagation = { principal: number; roles: number }

export type PrincipalStatus = 'absent' | 'present' | 'disabled'
export type ResourceStatus = 'present' | 'missing' | 'disabled'

const guid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const domain = /^(?=.{3,253}$)([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*$/i

/**
 * What Entra's directory holds for each tenant: the enterprise application, the
 * roles granted to it, the service principals of the APIs. A change made here
 * becomes visible only after the propagation delay.
 */
export class Directory {
  readonly world: World
  readonly propagation: Propagation
  readonly #store: StateStore

  constructor(world: World, store: StateStore, propagation: Propagation) {
    this.world = world
    this.#store = store
    this.propagation = propagation
  }

  find(tenantIdOrDomain: string): CustomerProfile | undefined {
    const name = tenantIdOrDomain.toLowerCase()
    const isPartner = [partner.tenantId, partner.domain, partner.initialDomain].includes(name)
    return isPartner ? partner : this.world.customer(name)
  }

  /**
   * Reads the tenant of a path.
   *
   * @throws EntraError 900023 when it is neither GUID nor domain, 90002 when there is no such tenant
   */
  resolve(segment: string): CustomerProfile {
    if (!guid.test(segment) && !domain.test(segment)) throw new EntraError(900023, `Found '${segment}'.`)
    const tenant = this.find(segment)
    if (!tenant) throw new EntraError(90002, `Tenant '${segment}' not found.`)
    return tenant
  }

  /** Everybody who may sign in with this name: an account of the tenant itself comes before its home account. */
  person(
    username: string,
    preferred?: CustomerProfile,
  ): { home: CustomerProfile; person: Person } | undefined {
    const name = username.trim().toLowerCase()
    const home = this.find(name.slice(name.lastIndexOf('@') + 1))
    for (const tenant of [preferred, home]) {
      const accounts = [...(tenant?.people ?? []), ...(tenant?.guests ?? [])]
      const person = accounts.find(candidate => candidate.username.toLowerCase() === name)
      if (tenant && person) return { home: tenant, person }
    }
    return undefined
  }

  principal(tenantId: string): PrincipalStatus {
    // The registration's home tenant has its service principal from the start.
    const principal = this.#tenant(tenantId)?.principal
    if (tenantId === partner.tenantId) return principal?.disabled ? 'disabled' : 'present'
    if (!principal || principal.visibleAt > this.#now()) return 'absent'
    return principal.disabled ? 'disabled' : 'present'
  }

  principalId(tenantId: string): string {
    return this.#tenant(tenantId)?.principal?.objectId ?? 'e7d3b5a0-48c6-4f12-9d6e-2a91c07f84b3'
  }

  /** An API's service principal comes with the license of its product; Graph's is always there. */
  resource(tenant: CustomerProfile, surface: Surface): ResourceStatus {
    const set = this.#tenant(tenant.tenantId)?.resources?.[surface]
    if (set) return set
    if (surface === 'graph') return 'present'
    const hasEndpoint = tenant.licenses.includes('endpoint')
    // Defender XDR is there as soon as one of its products is.
    const hasProduct = hasEndpoint || (surface === 'defender' && tenant.licenses.includes('defender-xdr'))
    return hasProduct ? 'present' : 'missing'
  }

  /** Roles that a token issued now would carry, sorted. */
  roles(tenantId: string, surface: Surface): string[] {
    const now = this.#now()
    return (this.#tenant(tenantId)?.grants ?? [])
      .filter(grant => grant.surface === surface && grant.visibleAt <= now)
      .map(grant => grant.role)
      .sort()
  }

  /**
   * Records a tenant-wide consent. The list replaces what was granted before:
   * a role that is not in it is revoked, one that was there stays visible.
   *
   * @param by who consented
   * @param isOld given long ago: it is visible everywhere already
   */
  grant(
    tenantId: string,
    permissions: readonly Omit<RequiredPermission, 'id'>[],
    { by, isOld = false }: { by?: Person; isOld?: boolean } = {},
  ): void {
    const now = this.#now()
    const delay = isOld ? { principal: 0, roles: 0 } : this.propagation
    const tenant = this.change(tenantId)
    tenant.principal ??= {
      objectId: randomUUID(),
      visibleAt: now + delay.principal,
      disabled: false,
    }
    tenant.grants = permissions.map(({ surface, role }) => {
      const before = tenant.grants.find(grant => grant.surface === surface && grant.role === role)
      return before ?? { surface, role, visibleAt: now + delay.roles }
    })
    if (by) tenant.consentedBy = { objectId: by.objectId, username: by.username, at: now }
  }

  /** The tenant's record for writing; it is saved soon after. */
  change(tenantId: string): TenantState {
    const { state, changed } = this.#store
    state.tenants[tenantId] ??= { grants: [] }
    changed()
    return state.tenants[tenantId]
  }

  /** What was granted and changed in a tenant so far, visible already or not. */
  record(tenantId: string): Readonly<TenantState> {
    return this.#tenant(tenantId) ?? { grants: [] }
  }

  #tenant(tenantId: string): TenantState | undefined {
    return this.#store.state.tenants[tenantId]
  }

  #now(): number {
    return this.world.now().getTime()
  }
}
