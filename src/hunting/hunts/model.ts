import type { Failure } from '../../errors.ts'

export type HuntStatus = 'queued' | 'running' | 'succeeded' | 'partial' | 'failed' | 'canceled'

export type TaskStatus = 'queued' | 'running' | 'waiting' | 'succeeded' | 'failed' | 'canceled'

/** Which tenants a hunt asks: all, those named, or those with a tag; always among what the actor may see. */
export type TenantChoice = 'all' | readonly string[] | { tag: string }

export type HuntRequest = {
  /** KQL */
  query: string
  tenants: TenantChoice
  /** ISO 8601 as Graph takes it: `P7D`, `PT1H`, `start/end`, …; absent: 30 days. */
  timespan?: string | null
  name?: string | null
  /** Run although tables or columns are not in the documented schema. */
  allowUnknownNames?: boolean
  /** The query of the library, and the schedule, that it comes from. */
  savedQueryId?: string | null
  scheduleId?: string | null
}

/** How many tenants stand where; `waiting` are among the `queued`, all others add up to `total`. */
export type HuntCounts = Record<'total' | TaskStatus, number>

/** A hunt without its tenants. */
export type HuntSummary = {
  id: string
  name: string | null
  query: string
  timespan: string | null
  status: HuntStatus
  /** Tables that the query reads, as far as it could be told. */
  tables: string[]
  selection: HuntSelection
  /** The query of the library, and the schedule, that it came from; either may be gone by now. */
  savedQueryId: string | null
  scheduleId: string | null
  counts: HuntCounts
  rowCount: number
  createdBy: string
  createdAt: string
  startedAt: string | null
  finishedAt: string | null
  /** Until when tenants that could not answer yet are tried again. */
  deadlineAt: string
  /** Result and rows are removed after this. */
  keepUntil: string
}

export type HuntSelection = { kind: 'all' } | { kind: 'tag'; tag: string } | { kind: 'ids' }

/** One tenant of a hunt. */
export type HuntTask = {
  tenantId: string
  name: string
  status: TaskStatus
  rowCount: number
  /** Rows are missing because a limit was hit or slices stayed open; `error` says why. */
  truncated: boolean
  durationMs: number | null
  attempts: number
  /** Spans of time that were asked one by one; empty when one call did. */
  slices: { from: string; to: string; rows: number }[]
  /** When a waiting tenant is asked again. */
  waitingUntil: string | null
  startedAt: string | null
  finishedAt: string | null
  error: Failure | null
}

/** A tenant whose answer is still missing. */
export type AwaitedTenant = {
  tenantId: string
  name: string
  status: 'running' | 'waiting' | 'queued'
  /** Since when it is being asked; ISO 8601 UTC. */
  askedAt: string | null
  /** When it is asked again. */
  waitingUntil: string | null
}

/** Contract shape of `GET /api/v1/hunts/{id}`. */
export type HuntView = HuntSummary & { tenants: HuntTask[] }

/** Nothing more will happen to a hunt in one of these. */
export function isOver(status: HuntStatus): boolean {
  return status !== 'queued' && status !== 'running'
}
