import type { CustomerProfile, World } from '../world.ts'
import type { Alert, Incident } from './alert-model.ts'
import { applyAlertChange, applyIncidentChange } from './changes.ts'
import { applyFates } from './fates.ts'
import { WeightedCache } from './lru.ts'
import { raisedStories } from './raised-incidents.ts'
import { incidentAt, makeStoryIncident, type StoryIncident, slotCount } from './story-incident.ts'
import { makeTenantInventory, type TenantInventory } from './tenant-inventory.ts'
import { type Ticks, ticksOfDate } from './ticks.ts'

export type AlertOfIncident = Alert & { incidentId: number }

/** What one tenant holds, made when asked for and as of the world's clock. */
export type TenantData = {
  inventory: TenantInventory
  profile: CustomerProfile
  world: World
  now: Ticks
  /** every story that has begun, raised as an incident or not yet */
  stories(): StoryIncident[]
  /** newest first; merged ones too, their alerts with the incident they point to */
  incidents(): Incident[]
  incident(id: number): Incident | undefined
  /** newest first */
  alerts(): AlertOfIncident[]
}

type Kept = { inventory: TenantInventory; stories: StoryIncident[]; raised: Map<string, StoryIncident> }

/** Values that all tenants' stories may hold together, roughly counted: some 100 MB. */
const capacity = 3_000_000

/**
 * The data of all tenants of one world. Only what was used last is kept, so that thousands of tenants do not
 * grow the memory; what was dropped comes out the same when it is made again.
 */
export class TenantDataSource {
  readonly #world: World
  readonly #kept = new WeightedCache<Kept>(capacity)

  constructor(world: World) {
    this.#world = world
  }

  /** @param tenantId a GUID; undefined for a tenant that is not there (any more) */
  of(tenantId: string): TenantData | undefined {
    const world = this.#world
    const profile = world.customer(tenantId)
    if (!profile) return undefined
    const now = ticksOfDate(world.now())
    const count = slotCount(profile, world.epoch, now)
    // Licenses decide which stories are told.
    const key = `${profile.tenantId} ${profile.licenses.join()}`
    const kept = this.#kept.get(key, () => makeKept(profile, world.epoch, count))
    // As the clock moves more stories begin: few, beside those the weight was taken from.
    while (kept.stories.length < count)
      kept.stories.push(makeStoryIncident(kept.inventory, kept.stories.length))

    const raised = raisedStories(world.overlay, kept.inventory, kept.raised)
    const stories = raised.length > 0 ? [...kept.stories, ...raised] : kept.stories

    return {
      inventory: kept.inventory,
      profile,
      world,
      now,
      stories: () => stories,
      incidents: () => listIncidents(stories, profile, world, now),
      incident: id => listIncidents(stories, profile, world, now).find(incident => incident.id === id),
      alerts: () =>
        listIncidents(stories, profile, world, now)
          .flatMap(incident => incident.alerts.map(alert => ({ ...alert, incidentId: incident.id })))
          .sort((a, b) => Number(b.created - a.created)),
    }
  }
}

function makeKept(profile: CustomerProfile, epoch: Date, count: number): { value: Kept; weight: number } {
  const inventory = makeTenantInventory(profile, epoch)
  const stories = Array.from({ length: count }, (_, slot) => makeStoryIncident(inventory, slot))
  let weight = inventory.devices.length * 30 + inventory.accounts.length * 12
  for (const story of stories) {
    weight += story.alerts.length * 60 + story.rows.length * 20
  }
  return { value: { inventory, stories, raised: new Map() }, weight }
}

function listIncidents(
  stories: StoryIncident[],
  profile: CustomerProfile,
  world: World,
  now: Ticks,
): Incident[] {
  const bySlot = new Map<number, Incident>()
  for (const story of stories) {
    const incident = incidentAt(story, now, profile)
    if (incident) bySlot.set(story.slot, incident)
  }
  // A merged incident hands its alerts to an earlier one, which may hand them on: from the last to the first.
  for (const story of stories.toReversed()) {
    const incident = bySlot.get(story.slot)
    const target = story.life.merged && bySlot.get(story.life.merged.slot)
    if (incident?.status !== 'redirected' || !target) continue
    target.alerts.push(...incident.alerts)
    incident.alerts = []
    if (incident.lastUpdate > target.lastUpdate) target.lastUpdate = incident.lastUpdate
  }
  for (const incident of bySlot.values())
    applyIncidentChange(world.overlay, profile.tenantId, incident, world.now())
  const incidents = applyFates(world.overlay, profile.tenantId, [...bySlot.values()])
  for (const incident of incidents) {
    for (const alert of incident.alerts) applyAlertChange(world.overlay, profile.tenantId, alert)
  }
  return incidents.sort((a, b) => Number(b.created - a.created))
}
