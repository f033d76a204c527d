import { AppError } from '../../errors.ts'
import type { Database } from '../../platform/database/index.ts'
import { isGuid } from '../../platform/guid.ts'
import { type Actor, isLimited } from '../../tenants/actor.ts'
import { requireAct } from '../../tenants/permissions.ts'
import { findRun, type RunRecord } from './runs/run-store.ts'
import { findSchedule, findSchedulesNamed, type ScheduleRecord } from './store.ts'

/** One page of a list. */
/** @throws AppError `forbidden`, `not_found` */
export async function requireSchedule(db: Database, actor: Actor, id: string): Promise<ScheduleRecord> {
  requireAct(actor, 'schedule.read')
  const schedule = isGuid(id) ? await findSchedule(db, id) : null
  if (schedule) return schedule
  throw new AppError('not_found', 'there is no such schedule', {
    remedy: 'Look it up in the list of schedules; somebody may have removed it.',
  })
}

/**
 * By its id, or by its whole name in any case.
 *
 * @throws AppError `forbidden`, `not_found`, `conflict` when several have the name
 */
export async function lookUpSchedule(
  db: Database,
  actor: Actor,
  nameOrId: string,
): Promise<{ id: string; name: string }> {
  requireAct(actor, 'schedule.read')
  if (isGuid(nameOrId)) return requireSchedule(db, actor, nameOrId)
  const named = await findSchedulesNamed(db, nameOrId.trim())
  const [first, second] = named
  if (first && !second) return first
  if (!first) {
    throw new AppError('not_found', 'there is no schedule of this name', {
      remedy: 'Write its whole name, or its id, as the list of schedules has them.',
    })
  }
  throw new AppError('conflict', `${named.length} schedules have this name`, {
    remedy: `Name one by its id: ${named.map(({ id }) => id).join(', ')}.`,
  })
}

/** Who sees some tenants only must not decide what is asked of others. @throws AppError `forbidden`, `not_found` */
export async function requireChangeable(db: Database, actor: Actor, id: string): Promise<ScheduleRecord> {
  requireAct(actor, 'schedule.write')
  const schedule = await requireSchedule(db, actor, id)
  if (!isLimited(actor) || schedule.runsAsId === actor.id) return schedule
  throw new AppError('forbidden', 'this schedule runs for somebody who sees other tenants than you', {
    remedy: `Ask ${schedule.runsAs}, or make a schedule of your own.`,
  })
}

/** @throws AppError `forbidden`, `not_found` */
export async function requireRun(db: Database, actor: Actor, id: string, runId: string): Promise<RunRecord> {
  const schedule = await requireSchedule(db, actor, id)
  const run = isGuid(runId) ? await findRun(db, runId) : null
  if (run && run.scheduleId === schedule.id) return run
  throw new AppError('not_found', 'there is no such run', {
    remedy: 'Look it up in the runs of the schedule.',
  })
}
