import { readStoredFailure } from '../errors.ts'
import type { TwoPersonAct } from '../tenants/permissions.ts'
import type { ApprovalStatus, ApprovalView } from './model.ts'
import type { ApprovalRow } from './store.ts'

export function toApprovalView(
  row: ApprovalRow,
  status: ApprovalStatus,
  own: boolean,
  canDecide: boolean,
): ApprovalView {
  return {
    id: row.id,
    act: row.act as TwoPersonAct,
    summary: row.summary,
    request: row.request,
    tenantIds: row.tenantIds,
    status,
    askedBy: row.askerLabel,
    askedAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
    decidedBy: row.deciderLabel,
    decidedAt: row.decidedAt?.toISOString() ?? null,
    comment: row.comment,
    finishedAt: row.finishedAt?.toISOString() ?? null,
    error: readStoredFailure(row.error),
    isOwn: own,
    canDecide,
  }
}
