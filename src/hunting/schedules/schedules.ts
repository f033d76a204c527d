import { z } from 'zod'
import type { Audit } from '../../audit/audit.ts'
import type { Database } from '../../database/index.ts'
import { AppError } from '../../errors.ts'
import { type Actor, requireAct, requireRole, type StaffAct } from '../../tenants/actor.ts'
import type { ExportChunk, ExportSource } from '../export/source.ts'
import type { Library } from '../library/library.ts'
import { decodeChunk } from '../results/chunk.ts'
import { nextRun, nextRuns } from './clock.ts'
import type { FindingView, MuteView, RunView, ScheduleDraft, ScheduleView } from './model.ts'
import { endMute, muteTenant } from './mutes.ts'
import { newRowsSource } from './new-rows.ts'
import { readDraft } from './read-draft.ts'
import {
  countFindings,
  findFindings,
  findLastRuns,
  findNewRows,
  findRun,
  findRuns,
  openRun,
  type RunRecord,
} from './run-store.ts'
import {
  type Connection,
  createSchedule,
  decided,
  deleteSchedule,
  findMutes,
  findSchedule,
  findSchedules,
  forgetAnswers,
  type ScheduleRecord,
  setEnabled,
  updateSchedule,
  visibleIds,
} from './store.ts'
import { readParameters, readTenants, toFinding, toRun, toSchedule } from './view.ts'

type Page = { limit?: number; cursor?: string | null }

export type Schedules = {
  /** Newest first; `limit` 1–200. @throws AppError `invalid` for a bad cursor */
  list(actor: Actor, page?: Page): Promise<{ items: ScheduleView[]; nextCursor: string | null }>
  /** @throws AppError `not_found` */
  get(actor: Actor, id: string): Promise<ScheduleView>
  /** The next due times, whether or not it is enabled. */
  upcoming(schedule: Pick<ScheduleView, 'cron' | 'timeZone'>, count: number): string[]
  /** @throws AppError `forbidden`, `not_found`, `invalid` with `fields` or `parameters` */
  create(actor: Actor, draft: ScheduleDraft): Promise<ScheduleView>
  /**
   * Whoever changes a schedule is whom it runs as from then on. Another
   * query, version, parameter or key forgets what was seen.
   *
   * @throws AppError as `create`
   */
  change(actor: Actor, id: string, draft: ScheduleDraft): Promise<ScheduleView>
  /** @throws AppError `forbidden`, `not_found` */
  setEnabled(actor: Actor, id: string, enabled: boolean): Promise<ScheduleView>
  /** The owner's or an administrator's to do. @throws AppError `forbidden`, `not_found` */
  remove(actor: Actor, id: string): Promise<void>
  /** Runs it at once. @throws AppError `forbidden`, `not_found`, `conflict` while it runs */
  startNow(actor: Actor, id: string): Promise<RunView>
  /** Newest first. @throws AppError `not_found`, `invalid` */
  runs(actor: Actor, id: string, page?: Page): Promise<{ items: RunView[]; nextCursor: string | null }>
  /** @throws AppError `not_found` */
  run(actor: Actor, id: string, runId: string): Promise<RunView & { findings: FindingView[] }>
  /** New rows that are kept, tenant by tenant. @throws AppError `not_found` at the first step */
  newRows(actor: Actor, id: string, runId: string): AsyncGenerator<ExportChunk>
  /** The same as a result to be exported, with who did not answer. @throws AppError `not_found` */
  exportNewRows(actor: Actor, id: string, runId: string): Promise<ExportSource>
  /** Findings of the tenant are noted and not told until then. @throws AppError `forbidden`, `not_found`, `invalid` */
  mute(actor: Actor, id: string, mute: { tenantId: string; reason: string; endsAt: Date }): Promise<MuteView>
  /** @throws AppError `forbidden`, `not_found` */
  unmute(actor: Actor, id: string, muteId: string): Promise<void>
}

export type SchedulesParts = {
  db: Database
  audit: Audit
  library: Pick<Library, 'get' | 'render'>
  /** Has a run's next step taken. */
  enqueue: (runId: string, afterSeconds: number) => Promise<void>
  now?: () => Date
}

const uuid = z.uuid()

/** Saved queries run by the clock, and what they found. */
export function createSchedules(parts: SchedulesParts): Schedules {
  const { db, audit, library, now = () => new Date() } = parts
  const muting = { db, audit, now }

  async function find(actor: Actor, id: string): Promise<ScheduleRecord> {
    requireAct(actor, 'look')
    const schedule = uuid.safeParse(id).success ? await findSchedule(db, id) : null
    if (schedule) return schedule
    throw new AppError('not_found', 'there is no such schedule', {
      remedy: 'Look it up in the list of schedules; somebody may have removed it.',
    })
  }

  async function findAs(actor: Actor, id: string, act: StaffAct): Promise<ScheduleRecord> {
    requireAct(actor, act)
    return find(actor, id)
  }

  /** Who sees some tenants only must not decide what is asked of others. */
  async function findToChange(actor: Actor, id: string): Promise<ScheduleRecord> {
    const schedule = await findAs(actor, id, 'hunt')
    if (actor.limitedToTags.length === 0 || schedule.runsAsId === actor.id) return schedule
    throw new AppError('forbidden', 'this schedule runs for somebody who sees other tenants than you', {
      remedy: `Ask ${schedule.runsAs}, or make a schedule of your own.`,
    })
  }

  async function viewRuns(connection: Connection, actor: Actor, runs: RunRecord[]): Promise<RunView[]> {
    const ids = runs.map(({ id }) => id)
    const counts = ids.length > 0 ? await countFindings(connection, actor, ids) : []
    return runs.map(run =>
      toRun(
        run,
        counts.find(({ runId }) => runId === run.id),
      ),
    )
  }

  async function view(actor: Actor, records: ScheduleRecord[]): Promise<ScheduleView[]> {
    const ids = records.map(({ id }) => id)
    const named = records.flatMap(({ tenants }) => {
      const choice = readTenants(tenants)
      return choice === 'all' || 'tag' in choice ? [] : [...choice]
    })
    const [lastRuns, mutes, visible] = await Promise.all([
      findLastRuns(db, ids).then(runs => viewRuns(db, actor, runs)),
      findMutes(db, actor, ids, now()),
      named.length > 0 ? visibleIds(db, actor, named) : null,
    ])
    return records.map(record =>
      toSchedule(record, {
        lastRun: lastRuns.find(({ scheduleId }) => scheduleId === record.id) ?? null,
        mutes,
        visible,
      }),
    )
  }

  async function viewOne(actor: Actor, id: string): Promise<ScheduleView> {
    const [shown] = await view(actor, [await find(actor, id)])
    if (!shown) throw new AppError('not_found', 'there is no such schedule')
    return shown
  }

  /** The draft, checked; its query at the version that will run. */
  async function check(
    actor: Actor,
    draft: ScheduleDraft,
  ): Promise<ScheduleDraft & { queryVersion: number }> {
    const { query, version } = await library.render(
      actor,
      draft.queryId,
      draft.parameters,
      draft.queryVersion ?? undefined,
    )
    const read = readDraft(draft, query, now())
    const { tenants } = read
    if (tenants !== 'all' && !('tag' in tenants)) {
      const visible = await visibleIds(db, actor, tenants)
      if (tenants.some(id => !visible.has(id))) {
        throw new AppError('not_found', 'at least one of the chosen tenants does not exist', {
          details: { fields: { tenants: 'At least one of the chosen tenants does not exist' } },
        })
      }
    }
    return { ...read, queryVersion: version }
  }

  const dueAfterNow = ({ enabled, ...clock }: ScheduleDraft) => (enabled ? nextRun(clock, now()) : null)

  return {
    async list(actor, page = {}) {
      requireAct(actor, 'look')
      const limit = limitOf(page)
      const records = await findSchedules(db, cursorOf(page), limit + 1)
      const items = await view(actor, records.slice(0, limit))
      return { items, nextCursor: records.length > limit ? (items.at(-1)?.id ?? null) : null }
    },

    get: viewOne,

    upcoming: (clock, count) => nextRuns(clock, now(), count).map(time => time.toISOString()),

    async create(actor, draft) {
      requireAct(actor, 'hunt')
      const checked = await check(actor, draft)
      const { id } = await db.$transaction(async tx => {
        const made = await createSchedule(tx, decided(checked, actor, dueAfterNow(checked)), actor)
        const { name, cron, timeZone, queryId } = made
        const detail = { name, cron, timeZone, queryId, queryVersion: made.queryVersion }
        await audit.record({ actor, action: 'schedule.created', target: made.id, detail }, tx)
        return made
      })
      return viewOne(actor, id)
    },

    async change(actor, id, draft) {
      const before = await findToChange(actor, id)
      const checked = await check(actor, draft)
      await db.$transaction(async tx => {
        const after = await updateSchedule(tx, before.id, decided(checked, actor, dueAfterNow(checked)))
        const forgets = meaningOf(before) !== meaningOf(after)
        if (forgets) await forgetAnswers(tx, before.id)
        const { name, cron, timeZone, queryId, queryVersion } = after
        const detail = { name, cron, timeZone, queryId, queryVersion, forgotWhatWasSeen: forgets }
        await audit.record({ actor, action: 'schedule.changed', target: before.id, detail }, tx)
      })
      return viewOne(actor, id)
    },

    async setEnabled(actor, id, enabled) {
      const schedule = await findToChange(actor, id)
      await db.$transaction(async tx => {
        await setEnabled(tx, schedule.id, enabled, enabled ? nextRun(schedule, now()) : null)
        const action = enabled ? 'schedule.resumed' : 'schedule.paused'
        await audit.record({ actor, action, target: schedule.id, detail: { name: schedule.name } }, tx)
      })
      return viewOne(actor, id)
    },

    async remove(actor, id) {
      const schedule = await findToChange(actor, id)
      if (schedule.createdById !== actor.id && schedule.runsAsId !== actor.id) requireRole(actor, 'admin')
      await db.$transaction(async tx => {
        await deleteSchedule(tx, schedule.id)
        const detail = { name: schedule.name }
        await audit.record({ actor, action: 'schedule.removed', target: schedule.id, detail }, tx)
      })
    },

    async startNow(actor, id) {
      const schedule = await findToChange(actor, id)
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
      await parts.enqueue(runId, 0)
      const run = await findRun(db, runId)
      if (!run) throw new AppError('not_found', 'there is no such run')
      return toRun(run, undefined)
    },

    async runs(actor, id, page = {}) {
      const schedule = await find(actor, id)
      const limit = limitOf(page)
      const records = await findRuns(db, schedule.id, cursorOf(page), limit + 1)
      const items = await viewRuns(db, actor, records.slice(0, limit))
      return { items, nextCursor: records.length > limit ? (items.at(-1)?.id ?? null) : null }
    },

    async run(actor, id, runId) {
      const run = await requireRun(actor, id, runId)
      const [shown] = await viewRuns(db, actor, [run])
      const findings = await findFindings(db, actor, run.id)
      return { ...(shown ?? toRun(run, undefined)), findings: findings.map(toFinding) }
    },

    async *newRows(actor, id, runId) {
      yield* readNewRows(actor, await requireRun(actor, id, runId))
    },

    async exportNewRows(actor, id, runId) {
      const run = await requireRun(actor, id, runId)
      const findings = await findFindings(db, actor, run.id)
      return newRowsSource(findings.map(toFinding), () => readNewRows(actor, run))
    },

    mute: async (actor, id, wanted) => muteTenant(muting, actor, await findAs(actor, id, 'hunt'), wanted),

    unmute: async (actor, id, muteId) => endMute(muting, actor, await findAs(actor, id, 'hunt'), muteId),
  }

  async function* readNewRows(actor: Actor, run: RunRecord): AsyncGenerator<ExportChunk> {
    for await (const { tenantId, tenantName, rows } of findNewRows(db, actor, run.id)) {
      yield { tenantId, tenantName, ...decodeChunk(rows) }
    }
  }

  async function requireRun(actor: Actor, id: string, runId: string): Promise<RunRecord> {
    const schedule = await find(actor, id)
    const run = uuid.safeParse(runId).success ? await findRun(db, runId) : null
    if (run && run.scheduleId === schedule.id) return run
    throw new AppError('not_found', 'there is no such run', {
      remedy: 'Look it up in the runs of the schedule.',
    })
  }
}

/** What decides whether two findings are the same: when it changes, what was seen means nothing. */
function meaningOf({ queryId, queryVersion, parameters, keyColumns }: ScheduleRecord): string {
  const values = Object.entries(readParameters(parameters)).sort(([one], [other]) => (one < other ? -1 : 1))
  return JSON.stringify([queryId, queryVersion, values, [...keyColumns].sort()])
}

function limitOf({ limit = 50 }: Page): number {
  return Math.min(Math.max(limit, 1), 200)
}

function cursorOf({ cursor = null }: Page): string | null {
  if (cursor === null || uuid.safeParse(cursor).success) return cursor
  throw new AppError('invalid', '"cursor" is not one that this list gave')
}
