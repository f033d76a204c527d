import type { Database } from '../../platform/database/index.ts'
import type { CurrentAccessOf } from '../../staff/current-access.ts'
import type { Actor } from '../../tenants/actor.ts'
import type { RunView, ScheduleView } from './model.ts'
import { ownersOf } from './owner.ts'
import { countFindings, findLastRuns, type RunRecord } from './runs/run-store.ts'
import { findMutes, type ScheduleRecord, visibleIds } from './store.ts'
import { readTenants, toRun, toSchedule } from './view.ts'

/** Schedules as the actor may see them: runs counted over its tenants, other tenants not named. */
export async function showSchedules(
  { db, currentAccessOf, now }: { db: Database; currentAccessOf: CurrentAccessOf; now: () => Date },
  actor: Actor,
  records: ScheduleRecord[],
): Promise<ScheduleView[]> {
  const ids = records.map(({ id }) => id)
  const named = records.flatMap(({ tenants }) => {
    const choice = readTenants(tenants)
    return choice === 'all' || 'tag' in choice ? [] : [...choice]
  })
  const [lastRuns, mutes, visible, ownerOf] = await Promise.all([
    findLastRuns(db, ids).then(runs => showRuns(db, actor, runs)),
    findMutes(db, actor, ids, now()),
    named.length > 0 ? visibleIds(db, actor, named) : null,
    ownersOf(currentAccessOf, records),
  ])
  return records.map(record =>
    toSchedule(record, {
      lastRun: lastRuns.find(({ scheduleId }) => scheduleId === record.id) ?? null,
      mutes,
      visible,
      ownerProblem: ownerOf(record).problem,
    }),
  )
}

/** Runs, counted over the tenants that the actor may see. */
export async function showRuns(db: Database, actor: Actor, runs: RunRecord[]): Promise<RunView[]> {
  const ids = runs.map(({ id }) => id)
  const counts = ids.length > 0 ? await countFindings(db, actor, ids) : []
  return runs.map(run =>
    toRun(
      run,
      counts.find(({ runId }) => runId === run.id),
    ),
  )
}
