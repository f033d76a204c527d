import type { Failure } from '../../errors.ts'
import type { TenantChoice } from '../hunts/model.ts'

/** What a person decides about a schedule. */
export type ScheduleDraft = {
  name: string
  /** query of the library */
  queryId: string
  /** null: the newest version as it is now */
  queryVersion: number | null
  /** as typed */
  parameters: Record<string, string>
  /** five fields */
  cron: string
  /** IANA name */
  timeZone: string
  tenants: TenantChoice
  /** ISO 8601 as hunts take it; null: 30 days */
  timespan: string | null
  /** Columns that tell one finding from another; empty: all that are no times. */
  keyColumns: string[]
  /** Whether each tenant's first answer is only taken note of. */
  baseline: boolean
  /** Days after which something not seen again counts as new. */
  forgetAfterDays: number
  enabled: boolean
}

export type RunStatus = 'starting' | 'hunting' | 'done' | 'failed'

/** One run, counted over the tenants that the reader may see. */
export type RunView = {
  id: string
  scheduleId: string
  status: RunStatus
  dueAt: string | null
  missedRuns: number
  startedBy: string
  createdAt: string
  finishedAt: string | null
  huntId: string | null
  queryVersion: number
  tenants: {
    asked: number
    answered: number
    failed: number
    /** Of the failed: those that lack the role, license or table and can never answer. */
    cannotAnswer: number
    truncated: number
    withNew: number
  }
  /** New rows; those of tenants that are muted are among them. */
  newRows: number
  mutedRows: number
  /** Rows that were taken note of and not reported, as the tenant answered for the first time. */
  baselineRows: number
  error: Failure | null
}

/** What one tenant answered to a run. */
export type FindingView = {
  tenantId: string
  tenantName: string
  outcome: 'answered' | 'failed' | 'canceled'
  rowCount: number
  newCount: number
  /** New rows that are kept with the run: the first so many. */
  keptCount: number
  truncated: boolean
  isBaseline: boolean
  isMuted: boolean
  error: Failure | null
}

export type MuteView = {
  id: string
  tenantId: string
  tenantName: string
  owner: string
  reason: string
  createdAt: string
  endsAt: string
}

export type ScheduleView = {
  id: string
  name: string
  query: { id: string; name: string; version: number; newestVersion: number }
  parameters: Record<string, string>
  cron: string
  timeZone: string
  tenants: TenantChoice
  timespan: string | null
  keyColumns: string[]
  baseline: boolean
  forgetAfterDays: number
  enabled: boolean
  /** Whose view of the tenants the runs have. */
  runsAs: string
  /** Why it cannot run any more: its owner is gone. */
  ownerProblem: Failure | null
  createdBy: string
  createdAt: string
  updatedAt: string
  nextRunAt: string | null
  /** The run under way. */
  openRunId: string | null
  lastRun: RunView | null
  mutes: MuteView[]
}
