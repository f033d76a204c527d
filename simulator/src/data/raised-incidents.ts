import type { Overlay } from '../world.ts'
import { makeStoryIncident, type StoryIncident } from './story-incident.ts'
import type { TenantInventory } from './tenant-inventory.ts'
import type { Ticks } from './ticks.ts'

/** Slots of incidents that were raised on demand, far beyond those that time brings. */
const firstSlot = 1_000_000

type Raised = { start: string }

/**
 * Raises an incident beside those that time brings.
 *
 * @param now when it is raised; what led to it began earlier
 * @returns its id
 */
export function raiseIncident(overlay: Overlay, inventory: TenantInventory, now: Ticks): number {
  const { tenantId } = inventory.profile
  const slot = firstSlot + [...overlay.entries<Raised>(tenantId, 'raised')].length
  const { id, created } = makeStoryIncident(inventory, slot, now)
  const start = now - (created - now)
  overlay.set<Raised>(tenantId, 'raised', String(slot), { start: String(start) })
  return id
}

/**
 * The stories of incidents that were raised on demand.
 *
 * @param told those that were made before, by slot; new ones are added
 */
export function raisedStories(
  overlay: Overlay,
  inventory: TenantInventory,
  told: Map<string, StoryIncident>,
): StoryIncident[] {
  return [...overlay.entries<Raised>(inventory.profile.tenantId, 'raised')].map(([slot, { start }]) => {
    const known = told.get(slot)
    if (known) return known
    const story = makeStoryIncident(inventory, Number(slot), BigInt(start))
    // What becomes of it is up to whoever raised it.
    const raised = { ...story, life: { assigned: null, resolved: null, awaiting: null, merged: null } }
    told.set(slot, raised)
    return raised
  })
}
