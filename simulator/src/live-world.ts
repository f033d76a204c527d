import type { StateStore } from './state.ts'
import type { CustomerProfile, Overlay, World } from './world.ts'

function makeOverlay({ state, changed }: StateStore): Overlay {
  return {
    get: <T>(tenantId: string, kind: string, id: string) =>
      state.overlay[tenantId]?.[kind]?.[id] as T | undefined,
    set(tenantId, kind, id, value) {
      state.overlay[tenantId] ??= {}
      state.overlay[tenantId][kind] ??= {}
      state.overlay[tenantId][kind][id] = value
      changed()
    },
    delete(tenantId, kind, id) {
      delete state.overlay[tenantId]?.[kind]?.[id]
      changed()
    },
    entries: <T>(tenantId: string, kind: string) =>
      Object.entries(state.overlay[tenantId]?.[kind] ?? {}) as [string, T][],
  }
}

/**
 * The world as the saved state and the made customers have it together.
 *
 * @param customers as they were made; deletions and licenses of the state are laid over them
 */
export function liveWorld(store: StateStore, customers: CustomerProfile[]): World {
  const { state } = store
  const byName = new Map<string, CustomerProfile>()
  for (const customer of customers) {
    byName.set(customer.tenantId.toLowerCase(), customer)
    byName.set(customer.domain.toLowerCase(), customer)
    byName.set(customer.initialDomain.toLowerCase(), customer)
  }

  function current(made: CustomerProfile): CustomerProfile {
    const licenses = state.tenants[made.tenantId]?.licenses
    return licenses ? { ...made, licenses } : made
  }

  return {
    epoch: new Date(state.epoch),
    now: () => new Date(Date.now() + state.clockOffsetMs),
    customer(tenantIdOrDomain) {
      const made = byName.get(tenantIdOrDomain.toLowerCase())
      return made && !state.tenants[made.tenantId]?.deleted ? current(made) : undefined
    },
    customers: () => customers.filter(made => !state.tenants[made.tenantId]?.deleted).map(current),
    overlay: makeOverlay(store),
  }
}
