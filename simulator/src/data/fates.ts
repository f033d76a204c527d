import type { Overlay } from '../world.ts'
import type { Incident } from './alert-model.ts'
import type { Ticks } from './ticks.ts'

/** What the service itself does to an incident: it joins it with another one, or deletes it. Times as decimal ticks. */
export type Fate = { kind: 'merged'; into: number; at: string } | { kind: 'deleted'; at: string }

export function setFate(overlay: Overlay, tenantId: string, incidentId: number, fate: Fate): void {
  overlay.set<Fate>(tenantId, 'fate', String(incidentId), fate)
}

/**
 * Applies mergers and deletions in the order in which they happened: a merged
 * incident stays, points to its target and hands its alerts over.
 *
 * @returns those that were not deleted
 */
export function applyFates(overlay: Overlay, tenantId: string, incidents: Incident[]): Incident[] {
  const fates = [...overlay.entries<Fate>(tenantId, 'fate')].sort(([, a], [, b]) =>
    Number(BigInt(a.at) - BigInt(b.at)),
  )
  if (fates.length === 0) return incidents
  const byId = new Map(incidents.map(incident => [incident.id, incident]))
  for (const [id, fate] of fates) {
    const incident = byId.get(Number(id))
    if (!incident) continue
    if (fate.kind === 'deleted') byId.delete(incident.id)
    else merge(incident, byId.get(fate.into), fate.into, BigInt(fate.at))
  }
  return [...byId.values()]
}

function merge(incident: Incident, target: Incident | undefined, into: number, at: Ticks): void {
  incident.status = 'redirected'
  incident.redirectTo = into
  incident.lastModifiedBy = 'Microsoft 365 Defender-AlertCorrelation'
  if (at > incident.lastUpdate) incident.lastUpdate = at
  if (!target) return
  target.alerts.push(...incident.alerts)
  incident.alerts = []
  if (at > target.lastUpdate) target.lastUpdate = at
}
