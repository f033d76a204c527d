import type { Audit } from '../../audit/audit.ts'
import { AppError, readStoredFailure } from '../../errors.ts'
import type { Database } from '../../platform/database/index.ts'
import { type PageRequest, pageLimit, readIdCursor } from '../../platform/paging.ts'
import type { CurrentAccessOf } from '../../staff/current-access.ts'
import type { Actor } from '../../tenants/actor.ts'
import { requireAct } from '../../tenants/permissions.ts'
import type { Library, SaveOptions } from '../library/library.ts'
import type { QueryAnalyzer } from '../query/analyzer.ts'
import { checkDraft, findingKeyOf } from './check-draft.ts'
import { nextRun, nextRuns } from './clock.ts'
import { lookUpSchedule, requireChangeable, requireSchedule } from './look-up.ts'
import type { MuteView, RunView, ScheduleDraft, ScheduleView } from './model.ts'
import { endMute, muteTenant } from './mutes.ts'
import { ownerGone, requireOwner } from './owner.ts'
import { createReadRuns, type ReadRuns } from './runs/read-runs.ts'
import { findLastRuns, findRun, openRun } from './runs/run-store.ts'
import { showSchedules } from './show.ts'
import {
  createSchedule,
  deleteSchedule,
  findSchedules,
  forgetAnswers,
  scheduleRow,
  setEnabled,
  setOwner,
  updateSchedule,
} from './store.ts'
import { toRun } from './view.ts'

export type Schedules = ReadRuns & {
  /** Newest first; `limit` 1–200. @throws AppError `invalid` for a bad cursor */
  list(actor: Actor, page?: PageRequest): Promise<{ items: ScheduleView[]; nextCursor: string | null }>
  /** @throws AppError `not_found` */
  get(actor: Actor, id: string): Promise<ScheduleView>
  /** By id or whole name. @throws AppError `not_found`, `conflict` when several have the name */
  lookUp(actor: Actor, nameOrId: string): Promise<ScheduleView>
  /** The next due times, whether or not it is enabled. */
  upcoming(schedule: Pick<ScheduleView, 'cron' | 'timeZone'>, count: number): string[]
  /** @throws AppError `forbidden`, `not_found`, `invalid` with `fields` or `parameters`, `invalid_query` */
  create(actor: Actor, draft: ScheduleDraft, options?: SaveOptions): Promise<ScheduleView>
  /**
   * Whoever changes a schedule is whom it runs as from then on. Another
   * query, version, parameter or key forgets what was seen.
   *
   * @throws AppError as `create`
   */
  change(actor: Actor, id: string, draft: ScheduleDraft, options?: SaveOptions): Promise<ScheduleView>
  /**
   * For administrators: it runs as the actor from then on, and again if it had
   * stopped because its owner was gone.
   *
   * @throws AppError `forbidden`, `not_found`
   */
  takeOver(actor: Actor, id: string): Promise<ScheduleView>
  /** @throws AppError `forbidden`, `not_found`; `conflict` to resume one whose owner is gone */
  setEnabled(actor: Actor, id: string, enabled: boolean): Promise<ScheduleView>
  /** The owner's or an administrator's to do. @throws AppError `forbidden`, `not_found` */
  remove(actor: Actor, id: string): Promise<void>
  /** Runs it at once. @throws AppError `forbidden`, `not_found`, `conflict` while it runs, or when its owner is gone */
  startNow(actor: Actor, id: string): Promise<RunView>
  /** Findings of the tenant are noted and not told until then. @throws AppError `forbidden`, `not_found`, `invalid` */
  mute(actor: Actor, id: string, mute: { tenantId: string; reason: string; endsAt: Date }): Promise<MuteView>
  /** @throws AppError `forbidden`, `not_found` */
  unmute(actor: Actor, id: string, muteId: string): Promise<void>
}

export type SchedulesDeps = {
  db: Database
  audit: Audit
  library: Pick<Library, 'get' | 'render'>
  analyzer: Pick<QueryAnalyzer, 'analyze'>
  /** What the owners of schedules may do now. */
  currentAccessOf: CurrentAccessOf
  /** Has a run's next step taken. */
  enqueue: (runId: string, afterSeconds: number) => Promise<void>
  now?: () => Date
}

/** Saved queries run by the clock, and what they found. */
export function createSchedules(options: SchedulesDeps): Schedules {
  const deps = { ...options, now: options.now ?? (() => new Date()) }
  const { db, audit, now } = deps

  async function get(actor: Actor, id: string): Promise<ScheduleView> {
    const record = await requireSchedule(db, actor, id)
    const [shown] = await showSchedules(deps, actor, [record])
    if (!shown) throw new AppError('not_found', 'there is no such schedule')
    return shown
  }

  const dueAfterNow = ({ enabled, ...clock }: ScheduleDraft) => (enabled ? nextRun(clock, now()) : null)

  return {
    ...createReadRuns(db, audit),
    get,

    async list(actor, page = {}) {
      requireAct(actor, 'schedule.read')
      const limit = pageLimit(page.limit)
      const records = await findSchedules(db, readIdCursor(page.cursor), limit + 1)
      const items = await showSchedules(deps, actor, records.slice(0, limit))
      return { items, nextCursor: records.length > limit ? (items.at(-1)?.id ?? null) : null }
    },

    lookUp: async (actor, nameOrId) => get(actor, (await lookUpSchedule(db, actor, nameOrId)).id),

    upcoming: (clock, count) => nextRuns(clock, now(), count).map(time => time.toISOString()),

    async create(actor, draft, options = {}) {
      requireAct(actor, 'schedule.write')
      const checked = await checkDraft(deps, actor, draft, options)
      const { id } = await db.$transaction(async tx => {
        const made = await createSchedule(tx, scheduleRow(checked, actor, dueAfterNow(checked)), actor)
        const { name, cron, timeZone, queryId, queryVersion } = made
        const detail = { name, cron, timeZone, queryId, queryVersion }
        await audit.record({ actor, action: 'schedule.created', target: made.id, detail }, tx)
        return made
      })
      return get(actor, id)
    },

    async change(actor, id, draft, options = {}) {
      const before = await requireChangeable(db, actor, id)
      const checked = await checkDraft(deps, actor, draft, options)
      await db.$transaction(async tx => {
        const after = await updateSchedule(tx, before.id, scheduleRow(checked, actor, dueAfterNow(checked)))
        const forgets = findingKeyOf(before) !== findingKeyOf(after)
        if (forgets) await forgetAnswers(tx, before.id)
        const { name, cron, timeZone, queryId, queryVersion } = after
        const detail = { name, cron, timeZone, queryId, queryVersion, forgotWhatWasSeen: forgets }
        await audit.record({ actor, action: 'schedule.changed', target: before.id, detail }, tx)
      })
      return get(actor, id)
    },

    async takeOver(actor, id) {
      requireAct(actor, 'schedule.manage')
      const schedule = await requireChangeable(db, actor, id)
      const [last] = await findLastRuns(db, [schedule.id])
      const wasStopped = !schedule.enabled && readStoredFailure(last?.error)?.code === ownerGone
      await db.$transaction(async tx => {
        await setOwner(tx, schedule.id, actor)
        if (wasStopped) await setEnabled(tx, schedule.id, true, nextRun(schedule, now()))
        const detail = { name: schedule.name, before: schedule.runsAs, resumed: wasStopped }
        await audit.record({ actor, action: 'schedule.taken-over', target: schedule.id, detail }, tx)
      })
      return get(actor, id)
    },

    async setEnabled(actor, id, enabled) {
      const schedule = await requireChangeable(db, actor, id)
      if (enabled) await requireOwner(deps.currentAccessOf, schedule)
      await db.$transaction(async tx => {
        await setEnabled(tx, schedule.id, enabled, enabled ? nextRun(schedule, now()) : null)
        const action = enabled ? 'schedule.resumed' : 'schedule.paused'
        await audit.record({ actor, action, target: schedule.id, detail: { name: schedule.name } }, tx)
      })
      return get(actor, id)
    },

    async remove(actor, id) {
      const schedule = await requireChangeable(db, actor, id)
      if (schedule.createdById !== actor.id && schedule.runsAsId !== actor.id)
        requireAct(actor, 'schedule.manage')
      await db.$transaction(async tx => {
        await deleteSchedule(tx, schedule.id)
        const detail = { name: schedule.name }
        await audit.record({ actor, action: 'schedule.removed', target: schedule.id, detail }, tx)
      })
    },

    async startNow(actor, id) {
      const schedule = await requireChangeable(db, actor, id)
      await requireOwner(deps.currentAccessOf, schedule)
      const runId = await db.$transaction(async tx => {
        const run = { dueAt: null, nextRunAt: null, missedRuns: 0, startedBy: actor.label }
        const opened = await openRun(tx, schedule, run)
        if (!opened) {
          throw new AppError('conflict', 'the schedule is running', { remedy: 'Wait for the run to end.' })
        }
        const detail = { name: schedule.name, run: opened }
        await audit.record({ actor, action: 'schedule.started', target: schedule.id, detail }, tx)
        return opened
      })
      await deps.enqueue(runId, 0)
      const run = await findRun(db, runId)
      if (!run) throw new AppError('not_found', 'there is no such run')
      return toRun(run, undefined)
    },

    async mute(actor, id, wanted) {
      requireAct(actor, 'schedule.write')
      return muteTenant(deps, actor, await requireSchedule(db, actor, id), wanted)
    },

    async unmute(actor, id, muteId) {
      requireAct(actor, 'schedule.write')
      await endMute(deps, actor, await requireSchedule(db, actor, id), muteId)
    },
  }
}
