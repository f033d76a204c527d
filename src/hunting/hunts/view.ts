import { readStoredFailure } from '../../errors.ts'
import type {
  AwaitedTenant,
  HuntCounts,
  HuntSelection,
  HuntStatus,
  HuntSummary,
  HuntTask,
  TaskStatus,
} from './model.ts'
import type { AwaitedRow, CountRow, HuntRow, HuntTaskRow } from './store.ts'

/** A hunt in the contract's shape, counted over what the actor may see. */
export function toHuntSummary(hunt: HuntRow, counted: CountRow[]): HuntSummary {
  const own = counted.filter(({ huntId }) => huntId === hunt.id)
  return {
    id: hunt.id,
    name: hunt.name,
    query: hunt.query,
    timespan: hunt.timespan,
    status: hunt.status as HuntStatus,
    tables: hunt.tables,
    // Written by createHunt.
    selection: hunt.selection as HuntSelection,
    savedQueryId: hunt.savedQueryId,
    scheduleId: hunt.scheduleId,
    counts: countsOf(own),
    rowCount: own.reduce((sum, { rows }) => sum + rows, 0),
    createdBy: hunt.createdBy,
    createdAt: hunt.createdAt.toISOString(),
    startedAt: hunt.startedAt?.toISOString() ?? null,
    finishedAt: hunt.finishedAt?.toISOString() ?? null,
    deadlineAt: hunt.deadlineAt.toISOString(),
    keepUntil: hunt.keepUntil.toISOString(),
  }
}

/** `waiting` are among the `queued`. */
function countsOf(rows: CountRow[]): HuntCounts {
  const counts: HuntCounts = {
    total: 0,
    queued: 0,
    running: 0,
    waiting: 0,
    succeeded: 0,
    failed: 0,
    canceled: 0,
  }
  for (const { status, tasks } of rows) {
    counts.total += tasks
    counts[status as TaskStatus] += tasks
  }
  counts.queued += counts.waiting
  return counts
}

export function toHuntTask(task: HuntTaskRow): HuntTask {
  const status = task.status as TaskStatus
  // Written by the engine.
  const slices = task.slices as { done: HuntTask['slices'] } | null
  return {
    tenantId: task.tenantId,
    name: task.tenantName,
    status,
    rowCount: task.rowCount,
    truncated: task.truncated,
    durationMs: task.durationMs,
    attempts: task.attempts,
    slices: slices?.done ?? [],
    waitingUntil: status === 'waiting' ? task.notBefore.toISOString() : null,
    startedAt: task.startedAt?.toISOString() ?? null,
    finishedAt: task.finishedAt?.toISOString() ?? null,
    error: readStoredFailure(task.error),
  }
}

export function toAwaitedTenant(task: AwaitedRow): AwaitedTenant {
  const { tenantId, tenantName: name } = task
  const status = task.status as AwaitedTenant['status']
  return {
    tenantId,
    name,
    status,
    askedAt: status === 'running' ? (task.startedAt?.toISOString() ?? null) : null,
    waitingUntil: status === 'waiting' ? task.notBefore.toISOString() : null,
  }
}
