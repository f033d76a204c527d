import type { Actor } from '../tenants/actor.ts'
import type { ApprovalRow } from './store.ts'

/** What every audit event about an approval says. */
export function eventOf(row: ApprovalRow) {
  const tenantId = row.tenantIds.length === 1 ? (row.tenantIds[0] ?? null) : null
  const detail = { approvalId: row.id, act: row.act, summary: row.summary, askedBy: row.askerLabel }
  return { tenantId, target: row.summary, detail }
}

export function askerOf(row: ApprovalRow) {
  return { kind: row.askerKind as Actor['kind'], id: row.askerId, label: row.askerLabel }
}

export function deciderOf(row: ApprovalRow) {
  return { kind: row.deciderKind ?? '', id: row.deciderId ?? '', label: row.deciderLabel ?? '' }
}
