import type { Failure } from '../errors.ts'
import type { TwoPersonAct } from '../tenants/permissions.ts'

/**
 * `waiting` for a second person; `approved`, and about to be done; `running`;
 * `done`; `failed`, with the reason; or ended without being done: `rejected`,
 * `withdrawn` by whoever asked, `expired` after an hour.
 */
export const approvalStatuses = [
  'waiting',
  'approved',
  'running',
  'done',
  'failed',
  'rejected',
  'withdrawn',
  'expired',
] as const
export type ApprovalStatus = (typeof approvalStatuses)[number]

/** An act that waits, or waited, for a second person. Times are ISO 8601 UTC. */
export type ApprovalView = {
  id: string
  act: TwoPersonAct
  /** What would be done, in one sentence. */
  summary: string
  /** What was asked for: what is done when it is approved, and nothing else. */
  request: unknown
  tenantIds: string[]
  status: ApprovalStatus
  askedBy: string
  askedAt: string
  expiresAt: string
  decidedBy: string | null
  decidedAt: string | null
  comment: string | null
  finishedAt: string | null
  error: Failure | null
  /** Whether the reader asked for it. */
  isOwn: boolean
  /** Whether the reader may decide about it. */
  canDecide: boolean
}
