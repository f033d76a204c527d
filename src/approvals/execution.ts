import type { Audit } from '../audit/audit.ts'
import { AppError, failureOf, ownFailure } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Database } from '../platform/database/index.ts'
import { type Actor, systemActor } from '../tenants/actor.ts'
import type { TwoPersonAct } from '../tenants/permissions.ts'
import { askerOf, deciderOf, eventOf } from './approval-event.ts'
import type { ApprovedActs } from './approved-acts.ts'
import { couldDo } from './could-do.ts'
import { isSealed } from './seal.ts'
import { type ApprovalRow, deleteEnded, findLeftOver, moveApproval, visibleIds } from './store.ts'

/** Whoever approved does it at once, unless the process died. */
const strandedAfterMs = 30_000
/** Past the longest time that an approved act takes. */
const interruptedAfterMs = 10 * 60_000
const keptMs = 400 * 86_400_000

/** What becomes of an approval once it is decided or its hour is over: each step once, in whichever process. */
export function createExecution({
  db,
  audit,
  key,
  approvedActs,
  currentActor,
  log,
  now,
}: {
  db: Database
  audit: Audit
  key: Buffer
  approvedActs: ApprovedActs
  /** What somebody may do now; null when they may not do this any more. */
  currentActor: (
    person: { kind: string; id: string; label: string },
    act: TwoPersonAct,
  ) => Promise<Actor | null>
  log: Pick<Log, 'error'>
  now: () => Date
}) {
  /** Does what was approved, once: whoever moves the row on does it. */
  async function execute(row: ApprovalRow): Promise<void> {
    const act = row.act as TwoPersonAct
    if (!(await moveApproval(db, row.id, 'approved', 'running', { startedAt: now() }))) return
    try {
      if (!isSealed(key, row)) throw changedMeanwhile()
      const [asker, decider] = await Promise.all([
        currentActor(askerOf(row), act),
        currentActor(deciderOf(row), act),
      ])
      if (!asker) throw noLonger(row.askerLabel)
      if (!decider || !couldDo(decider, row, await visibleIds(db, decider, row.tenantIds)))
        throw noLonger(row.deciderLabel ?? '')
      await approvedActs[act].run(asker, row.request, row.id)
      await finish(row, 'done')
    } catch (error) {
      const failure = failureOf(error)
      if (!failure) log.error({ err: error, approvalId: row.id }, 'an approved act failed unexpectedly')
      await finish(row, 'failed', failure ?? unexpected)
    }
  }

  async function finish(
    row: ApprovalRow,
    to: 'done' | 'failed',
    error?: ReturnType<typeof ownFailure>,
  ): Promise<void> {
    await db.$transaction(async tx => {
      const change = { finishedAt: now(), ...(error ? { error } : {}) }
      if (!(await moveApproval(tx, row.id, 'running', to, change))) return
      const { detail, ...event } = eventOf(row)
      const why = error ? { code: error.code, message: error.message } : {}
      const asker: Actor = { ...systemActor, ...askerOf(row) }
      const approvedBy = row.deciderLabel
      await audit.record(
        {
          ...event,
          actor: asker,
          action: 'approval.executed',
          result: to === 'done' ? 'ok' : 'failed',
          detail: { ...detail, approvedBy, ...why },
        },
        tx,
      )
    })
  }

  async function endAs(
    row: ApprovalRow,
    to: 'rejected' | 'withdrawn' | 'expired',
    actor: Actor,
    change = {},
  ) {
    return db.$transaction(async tx => {
      const ended = await moveApproval(tx, row.id, 'waiting', to, { finishedAt: now(), ...change })
      if (!ended) return false
      const { detail, ...event } = eventOf(row)
      const result = to === 'rejected' ? ('refused' as const) : ('ok' as const)
      await audit.record(
        { ...event, actor, action: `approval.${to}`, result, detail: { ...detail, ...change } },
        tx,
      )
      return true
    })
  }

  async function expireAndResume(): Promise<void> {
    const ago = (ms: number) => new Date(now().getTime() - ms)
    const at = { now: now(), approvedBefore: ago(strandedAfterMs), begunBefore: ago(interruptedAfterMs) }
    const { expired, approved, interrupted } = await findLeftOver(db, at)
    for (const row of expired) await endAs(row, 'expired', systemActor)
    for (const row of interrupted) {
      // What would be done twice is told instead.
      if (!approvedActs[row.act as TwoPersonAct].isRepeatable) await finish(row, 'failed', wasInterrupted)
      else if (await moveApproval(db, row.id, 'running', 'approved')) await execute(row)
    }
    for (const row of approved) await execute(row)
    await deleteEnded(db, ago(keptMs))
  }

  return { execute, endAs, expireAndResume }
}

function noLonger(label: string): AppError {
  return new AppError('forbidden', `${label} may not do this any more`, {
    remedy: 'Somebody who may do it asks again.',
  })
}

function changedMeanwhile(): AppError {
  return new AppError('conflict', 'what was asked for has been changed in the database', {
    remedy: 'Nothing was done. Find out who wrote to the database, and ask again.',
  })
}

const wasInterrupted = ownFailure({
  code: 'interrupted',
  message: 'The process ended while this was being done, and a part of it may have happened.',
  remedy: 'Look at what was changed, and ask again for the rest.',
})

const unexpected = ownFailure({
  code: 'unexpected',
  message: 'Something went wrong here; the log has the details.',
  remedy: 'Look whether it happened, and ask again if it did not.',
})
