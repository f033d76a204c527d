import type { Audit } from '../../../audit/audit.ts'
import { AppError, type Failure, ownFailure } from '../../../errors.ts'
import type { Database } from '../../../platform/database/index.ts'
import type { CurrentAccessOf } from '../../../staff/current-access.ts'
import { type Actor, systemActor } from '../../../tenants/actor.ts'
import type { Hunts } from '../../hunts/hunts.ts'
import { isOver, type TenantChoice } from '../../hunts/model.ts'
import type { Library } from '../../library/library.ts'
import { countRunsBetween, nextRun } from '../clock.ts'
import { ownersOf } from '../owner.ts'
import { setEnabled, type Transaction, visibleIds } from '../store.ts'
import { readParameters, readTenants } from '../view.ts'
import { type Announce, announceFailure } from './announce.ts'
import { finishRun } from './finish-run.ts'
import {
  beginAlone,
  endRun,
  findDue,
  findHuntOf,
  findOpenRuns,
  findRun,
  openRun,
  type RunWithSchedule,
  setHunt,
} from './run-store.ts'
import { forgetHashes, forgetRuns } from './seen-store.ts'

export type RunnerDeps = {
  db: Database
  audit: Audit
  hunts: Pick<Hunts, 'create' | 'get' | 'summary' | 'rowChunks'>
  library: Pick<Library, 'render'>
  announce: Announce
  /** What the owners of schedules may do now. */
  currentAccessOf: CurrentAccessOf
  /** Has `advance` called again. */
  enqueue: (runId: string, afterSeconds: number) => Promise<void>
  publicUrl: string
  /** Days that rows of findings are kept, like hunt results. */
  keepDays: number
  now?: () => Date
}

/** Seconds until a hunt under way is looked at again. */
const lookAgainSeconds = 3

const keepRunsDays = 400

export type Runner = ReturnType<typeof createRunner>

/** Starts what is due and carries runs to their end. */
export function createRunner(options: RunnerDeps) {
  const deps = { ...options, now: options.now ?? (() => new Date()) }
  const { db, audit, hunts, now } = deps

  async function start(run: RunWithSchedule): Promise<void> {
    const { schedule } = run
    const owner = (await ownersOf(deps.currentAccessOf, [schedule]))(schedule)
    if (owner.problem) return stop(run, owner.problem)
    try {
      const huntId = (await findHuntOf(db, run)) ?? (await createHunt(owner.actor))
      await setHunt(db, run.id, huntId)
      await deps.enqueue(run.id, lookAgainSeconds)
    } catch (error) {
      // What the query or the choice of tenants is refused for stays so; anything else is tried again.
      if (!(error instanceof AppError)) throw error
      await fail(run, ownFailure(error))
    }

    async function createHunt(actor: Actor): Promise<string> {
      const { query, name } = await deps.library.render(
        systemActor,
        schedule.queryId,
        readParameters(schedule.parameters),
        run.queryVersion,
      )
      const hunt = await hunts.create(actor, {
        query,
        tenants: await present(actor, readTenants(schedule.tenants)),
        timespan: schedule.timespan,
        name: `${schedule.name} (${name})`.slice(0, 200),
        // It was looked over when it was saved.
        allowUnknownNames: true,
        savedQueryId: schedule.queryId,
        scheduleId: schedule.id,
      })
      return hunt.id
    }
  }

  /** Of tenants that were named, those that are still there for the owner: one that left stops nobody else's. */
  async function present(owner: Actor, choice: TenantChoice): Promise<TenantChoice> {
    if (choice === 'all' || 'tag' in choice) return choice
    const visible = await visibleIds(db, owner, choice)
    return choice.filter(id => visible.has(id))
  }

  /** Without its owner a schedule is not started again until somebody takes it over. */
  async function stop(run: RunWithSchedule, problem: Failure): Promise<void> {
    const { id, name } = run.schedule
    await fail(run, problem, async tx => {
      await setEnabled(tx, id, false, null)
      const detail = { name, why: problem.message }
      await audit.record({ actor: systemActor, action: 'schedule.stopped', target: id, detail }, tx)
    })
  }

  async function fail(
    run: RunWithSchedule,
    problem: Failure,
    also: (tx: Transaction) => Promise<void> = async () => {},
  ): Promise<void> {
    const send = await db.$transaction(async tx => {
      const ended = await endRun(tx, run, { status: 'failed', now: now(), error: problem })
      if (!ended) return null
      await also(tx)
      return await announceFailure(deps, tx, run, problem)
    })
    await send?.()
  }

  return {
    /**
     * Opens a run for each schedule whose time has come. Times that passed
     * while nothing ran are made up for by one run, which says how many.
     *
     * @returns runs opened
     */
    async startDue(): Promise<number> {
      let opened = 0
      for (const schedule of await findDue(db, now())) {
        const { nextRunAt: dueAt } = schedule
        if (!dueAt) continue
        const run = {
          dueAt,
          missedRuns: countRunsBetween(schedule, dueAt, now()),
          nextRunAt: nextRun(schedule, now()),
          startedBy: 'the clock',
        }
        const id = await db.$transaction(tx => openRun(tx, schedule, run))
        if (!id) continue
        opened++
        await deps.enqueue(id, 0)
      }
      return opened
    },

    /** Takes a run one step further; does nothing for one that has ended or was removed. */
    async advance(runId: string): Promise<void> {
      const run = await findRun(db, runId)
      if (!run || run.status === 'done' || run.status === 'failed') return
      if (run.status === 'starting' || !run.huntId) {
        await beginAlone(db, runId, async () => {
          const still = await findRun(db, runId)
          if (still?.status === 'starting') await start(still)
        })
        return
      }
      try {
        const { status } = await hunts.summary(systemActor, run.huntId)
        if (!isOver(status)) {
          await deps.enqueue(runId, lookAgainSeconds)
          return
        }
        await finishRun(deps, run, await hunts.get(systemActor, run.huntId))
      } catch (error) {
        if (!(error instanceof AppError && error.code === 'not_found')) throw error
        const problem = ownFailure({
          code: 'hunt_removed',
          message: 'its hunt was removed before it was looked at',
          remedy: 'Run the schedule again.',
        })
        await fail(run, problem)
      }
    },

    /** Runs whose process died are taken up again. */
    async resume(): Promise<void> {
      for (const id of await findOpenRuns(db)) await deps.enqueue(id, 0)
    },

    /** Forgets what is too old. */
    async purge(): Promise<void> {
      const daysAgo = (days: number) => new Date(now().getTime() - days * 86_400_000)
      await forgetHashes(db, now())
      await forgetRuns(db, { rowsBefore: daysAgo(deps.keepDays), runsBefore: daysAgo(keepRunsDays) })
    },
  }
}
