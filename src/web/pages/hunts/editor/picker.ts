import { surfaceFor } from '../../../../microsoft/roles/capabilities.ts'
import type { Actor } from '../../../../tenants/actor.ts'
import type { TenantRecord } from '../../../../tenants/store.ts'
import type { Tenants } from '../../../../tenants/tenants.ts'

/** Tenants shown to be ticked beside those that are. */
const shownAtOnce = 40

export type PickerTenant = { tenantId: string; name: string; domain: string | null; canHunt: boolean }

/** What the choice of tenants shows: those ticked first, then those that the search finds. */
export type Picker = {
  chosen: PickerTenant[]
  found: PickerTenant[]
  /** How many more fit the search. */
  more: number
  /** Tenants that the actor sees. */
  total: number
  search: string
}

/** Looks up the tenants to choose from; ids that the actor may not see vanish. */
export async function findPicker(
  tenants: Tenants,
  actor: Actor,
  search: string,
  chosenIds: string[],
): Promise<Picker> {
  const filters = search.trim() ? { search } : {}
  const [page, fitting, total, chosen] = await Promise.all([
    tenants.list(actor, filters, { limit: shownAtOnce }),
    tenants.count(actor, filters),
    tenants.count(actor),
    Promise.all(chosenIds.map(id => tenants.get(actor, id).catch(() => null))),
  ])
  const ticked = chosen.filter(tenant => tenant !== null)
  const tickedIds = new Set(ticked.map(({ id }) => id))
  return {
    chosen: ticked.map(toPicked),
    found: page.items.filter(({ id }) => !tickedIds.has(id)).map(toPicked),
    more: Math.max(0, fitting - page.items.length),
    total,
    search,
  }
}

function toPicked({ id, name, domain, status, rolesGranted }: TenantRecord): PickerTenant {
  const canHunt = status !== 'disconnected' && surfaceFor(rolesGranted, 'hunting') !== null
  return { tenantId: id, name, domain, canHunt }
}
