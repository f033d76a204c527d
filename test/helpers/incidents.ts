import type { Defender, Incident, SyncedIncident, SyncPage } from '../../src/microsoft/defender/index.ts'

type Reader = Pick<Defender, 'syncPage'>

/** One page of a tenant's incidents, updated last first where the surface can order, as for somebody who waits. */
export function readIncidents(
  defender: Reader,
  tenantId: string,
  roles: readonly string[],
  skip = 0,
): Promise<SyncPage> {
  const span = { from: '2020-01-01T00:00:00.0000000Z', until: null, order: 'newest-first', skip } as const
  return defender.syncPage(tenantId, roles, span, { isBackground: false })
}

/** All incidents of a tenant as its surface has them. */
export async function allSynced(
  defender: Reader,
  tenantId: string,
  roles: readonly string[],
): Promise<SyncedIncident[]> {
  const found: SyncedIncident[] = []
  for (let skip = 0; ; ) {
    const page = await readIncidents(defender, tenantId, roles, skip)
    found.push(...page.incidents)
    if (!page.hasMore) return found
    skip += page.count
  }
}

export async function allIncidents(
  defender: Reader,
  tenantId: string,
  roles: readonly string[],
): Promise<Incident[]> {
  return (await allSynced(defender, tenantId, roles)).map(({ incident }) => incident)
}

/** The tenant's incident that was updated last; with a status if one is given. */
export async function someIncident(
  defender: Reader,
  tenantId: string,
  roles: readonly string[],
  status?: string,
): Promise<Incident> {
  const { incidents } = await readIncidents(defender, tenantId, roles)
  const found = incidents.find(({ incident }) => status === undefined || incident.status === status)
  if (!found) throw new Error('the tenant has no such incident')
  return found.incident
}
