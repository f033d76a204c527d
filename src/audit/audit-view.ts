import { type Storable, storableJson } from '../platform/storable.ts'
import type { AuditRow } from './store.ts'

/** Contract shape of `GET /api/v1/audit`. */
export type AuditEventView = {
  id: string
  at: string
  actor: { kind: string; id: string; label: string; role: string | null }
  action: string
  tenantId: string | null
  tenantName: string | null
  target: string | null
  result: string
  /** Client's IP address, `command line`, or `Tenantry` for what it does by itself; null in events of older versions. */
  address: string | null
  requestId: string | null
  detail: Storable
  hash: string
}

export function toAuditView(row: AuditRow): AuditEventView {
  return {
    id: row.id.toString(),
    at: row.at.toISOString(),
    actor: { kind: row.actorKind, id: row.actorId, label: row.actorLabel, role: row.actorRole },
    action: row.action,
    tenantId: row.tenantId,
    tenantName: row.tenantName,
    target: row.target,
    result: row.result,
    address: row.address,
    requestId: row.requestId,
    detail: storableJson(row.detail),
    hash: row.hash,
  }
}
