import type { Overlay } from '../world.ts'
import type {
  Alert,
  AlertStatus,
  Classification,
  Comment,
  Determination,
  Incident,
  IncidentStatus,
  Severity,
} from './alert-model.ts'
import type { Ticks } from './ticks.ts'

/** What a PATCH may set; absent means left alone. */
export type ItemFields<Status> = {
  status?: Status
  assignedTo?: string | null
  classification?: Classification
  determination?: Determination
  customTags?: string[]
  severity?: Severity
}

/** Changes to one incident or alert as the overlay keeps them: plain JSON, times as decimal ticks. */
type StoredChange<Status> = {
  fields: ItemFields<Status>
  comments: { comment: string; createdBy: string; created: string }[]
  updated: string
  updatedBy: string
  resolved?: string
  /** Until then (milliseconds since the epoch) answers show what was before. */
  hiddenUntil?: number
  before?: StoredChange<Status>
}

export type ChangeRequest<Status> = {
  fields: ItemFields<Status>
  comment?: string
  /** who changes: what `lastModifiedBy` and comments show */
  by: string
  /** the world's time */
  at: Ticks
  /** how far the clock of the server that writes it is from the world's: its last update need not move ahead */
  skew?: Ticks
  /** milliseconds of the world's time from which on answers show it; at once when absent */
  visibleAt?: number
}

/** Applies what was changed through the APIs to an incident as its story left it. */
export function applyIncidentChange(overlay: Overlay, tenantId: string, incident: Incident, now: Date): void {
  const stored = overlay.get<StoredChange<IncidentStatus>>(tenantId, 'incident', String(incident.id))
  const change = visibleChange(stored, now.getTime())
  if (!change) return
  const updated = BigInt(change.updated)
  Object.assign(incident, change.fields)
  incident.comments = [...incident.comments, ...change.comments.map(readComment)]
  incident.lastModifiedBy = change.updatedBy
  if (updated > incident.lastUpdate) incident.lastUpdate = updated

  if (incident.status !== 'resolved' || change.resolved === undefined) return
  // Resolving an incident resolves its alerts.
  for (const alert of incident.alerts) {
    if (alert.status === 'resolved') continue
    alert.status = 'resolved'
    alert.resolved = BigInt(change.resolved)
    alert.lastUpdate = alert.resolved
    alert.classification = incident.classification
    alert.determination = incident.determination
  }
}

/** The newest of an incident's changes that shows already. */
function visibleChange<Status>(
  stored: StoredChange<Status> | undefined,
  now: number,
): StoredChange<Status> | undefined {
  let change = stored
  while (change?.hiddenUntil !== undefined && change.hiddenUntil > now) change = change.before
  return change
}

export function applyAlertChange(overlay: Overlay, tenantId: string, alert: Alert): void {
  const change = overlay.get<StoredChange<AlertStatus>>(tenantId, 'alert', alert.id)
  if (!change) return
  const updated = BigInt(change.updated)
  const { customTags: _, severity: __, ...fields } = change.fields
  Object.assign(alert, fields)
  alert.comments = [...alert.comments, ...change.comments.map(readComment)]
  if (updated > alert.lastUpdate) alert.lastUpdate = updated
  if (change.fields.status !== undefined) {
    alert.resolved = change.fields.status === 'resolved' ? BigInt(change.resolved ?? change.updated) : null
  }
}

/** Writes a change of an incident; its last update moves ahead, at the least by one tick. */
export function changeIncident(
  overlay: Overlay,
  tenantId: string,
  incident: Incident,
  request: ChangeRequest<IncidentStatus>,
): void {
  storeChange(overlay, tenantId, 'incident', String(incident.id), incident.lastUpdate, request)
}

/** Writes a change of an alert; its last update moves ahead, at the least by one tick. */
export function changeAlert(
  overlay: Overlay,
  tenantId: string,
  alert: Alert,
  request: ChangeRequest<AlertStatus>,
): void {
  storeChange(overlay, tenantId, 'alert', alert.id, alert.lastUpdate, request)
}

function storeChange<Status extends string>(
  overlay: Overlay,
  tenantId: string,
  kind: 'incident' | 'alert',
  id: string,
  lastUpdate: Ticks,
  request: ChangeRequest<Status>,
): void {
  const before = overlay.get<StoredChange<Status>>(tenantId, kind, id)
  const ahead = request.at > lastUpdate ? request.at : lastUpdate + 1n
  const at = request.skew === undefined ? ahead : request.at + request.skew
  const added =
    request.comment === undefined
      ? []
      : [{ comment: request.comment, createdBy: request.by, created: String(request.at) }]
  const isResolved = (request.fields.status ?? before?.fields.status) === 'resolved'
  overlay.set<StoredChange<Status>>(tenantId, kind, id, {
    fields: { ...before?.fields, ...request.fields },
    comments: [...(before?.comments ?? []), ...added],
    updated: String(at),
    updatedBy: request.by,
    ...(isResolved ? { resolved: before?.resolved ?? String(at) } : {}),
    ...hiding(before, request),
  })
}

/** What was before is kept as long as it shows. */
function hiding<Status>(
  before: StoredChange<Status> | undefined,
  { visibleAt }: ChangeRequest<Status>,
): Pick<StoredChange<Status>, 'hiddenUntil' | 'before'> {
  const hiddenUntil = Math.max(visibleAt ?? 0, before?.hiddenUntil ?? 0)
  if (hiddenUntil === 0) return {}
  return { hiddenUntil, ...(before ? { before } : {}) }
}

function readComment(stored: { comment: string; createdBy: string; created: string }): Comment {
  return { ...stored, created: BigInt(stored.created) }
}
