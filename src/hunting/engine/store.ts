import type pg from 'pg'
import type { Failure } from '../../errors.ts'
import { noSealer, type Sealer } from '../../installation/sealing/sealer.ts'
import { retryDeadlocks } from '../../platform/database/connections/deadlocks.ts'
import type { Connections } from '../../platform/database/connections/limit-connections.ts'
import type { SealingKey } from '../../platform/sealing/envelope.ts'
import { notSuspended } from '../../tenants/suspended-store.ts'
import { sendNotice } from '../hunts/channel.ts'
import { chunkPlace } from '../results/chunks/chunk-place.ts'
import type { Column } from '../results/model.ts'
import {
  beginStatement,
  claimStatement,
  expireStatement,
  finishStatement,
  lockClaims,
  settleStatement,
} from './statements.ts'
import type { ClaimedTask, HuntParameters, Slices, TaskOutcome } from './task.ts'

/**
 * The engine's rows. SQL throughout: claims skip locked rows, outcomes of many
 * tasks and their chunks go in one statement, and all times are the
 * database's, since processes' clocks differ.
 */
export type EngineStore = {
  /** Takes up to `count` due tasks, hunts in turn, no tenant that is being called already. */
  claim(worker: string, count: number, leaseMs: number): Promise<ClaimedTask[]>
  parameters(huntId: string): Promise<HuntParameters | null>
  /** Writes outcomes of tasks that are still leased to us. @returns those that were not */
  settle(worker: string, outcomes: TaskOutcome[]): Promise<TaskOutcome[]>
  /** Prolongs the leases. @returns the keys of the leases still ours, as `leaseKey` makes them */
  renew(worker: string, leaseMs: number): Promise<Set<string>>
  /** The same keys, without prolonging anything. */
  leased(worker: string): Promise<Set<string>>
  /** Frees tasks that are still ours. */
  release(worker: string, tasks: ClaimedTask[]): Promise<void>
  /** Frees tasks whose process died, fails those past their hunt's deadline, ends hunts with nothing left. */
  tidy(outOfTime: Failure): Promise<{ freed: number }>
  /** Milliseconds until the first waiting task is due; null when none waits. */
  nextDueMs(): Promise<number | null>
  /** Ends those of the hunts that have no open task left. @returns what ended */
  finish(huntIds: string[]): Promise<string[]>
  notifyChanged(huntIds: string[]): Promise<void>
}

/** @param sealer seals the rows that tenants answered */
export function createEngineStore(pool: Connections, sealer: Sealer = noSealer): EngineStore {
  async function inTransaction<T>(work: (client: pg.PoolClient) => Promise<T>, first = ''): Promise<T> {
    const client = await pool.connect()
    try {
      await client.query(`BEGIN; ${first}`)
      const result = await work(client)
      await client.query('COMMIT')
      client.release()
      return result
    } catch (error) {
      // A connection in an unknown state is not given back.
      client.release(true)
      throw error
    }
  }

  async function finish(huntIds: string[] | null): Promise<string[]> {
    const { rows } = await pool.query<{ id: string }>({ name: 'hunts-finish', ...finishStatement }, [huntIds])
    return rows.map(({ id }) => id)
  }

  return {
    claim: (worker, count, leaseMs) =>
      inTransaction(async client => {
        const { rows } = await client.query<ClaimedRow>({ name: 'hunts-claim', text: claimStatement }, [
          worker,
          count,
          leaseMs,
        ])
        const begun = [...new Set(rows.filter(row => row.isQueued).map(row => row.huntId))]
        if (begun.length > 0) await client.query({ name: 'hunts-begin', text: beginStatement }, [begun])
        return rows.map(readTask)
      }, lockClaims),

    async parameters(huntId) {
      const { rows } = await pool.query<{ query: string; timespan: string | null; leftMs: number }>(
        `SELECT query, timespan, extract(epoch FROM "deadlineAt" - now())::float8 * 1000 AS "leftMs"
         FROM "Hunt" WHERE id = $1`,
        [huntId],
      )
      const [row] = rows
      return row ? { query: row.query, timespan: row.timespan, deadline: Date.now() + row.leftMs } : null
    },

    async settle(worker, outcomes) {
      const sealing = await sealer.current()
      const packed = outcomes.map(one => sealChunks(sealer, sealing, one))
      const { text, values } = settleStatement(worker, packed)
      const { rows } = await retryDeadlocks(() =>
        pool.query<{ huntId: string; tenantId: string }>(text, values),
      )
      const written = new Set(rows.map(({ huntId, tenantId }) => `${huntId} ${tenantId}`))
      return outcomes.filter(({ task }) => !written.has(`${task.huntId} ${task.tenantId}`))
    },

    async renew(worker, leaseMs) {
      const { rows } = await retryDeadlocks(() =>
        pool.query<{ key: string }>(
          `UPDATE "HuntTask" SET "leaseUntil" = now() + $2 * interval '1 millisecond'
           WHERE "claimedBy" = $1 AND status = 'running'
           RETURNING "huntId" || ' ' || "tenantId" || ' ' || attempts AS key`,
          [worker, leaseMs],
        ),
      )
      return new Set(rows.map(({ key }) => key))
    },

    async leased(worker) {
      const { rows } = await pool.query<{ key: string }>(
        `SELECT "huntId" || ' ' || "tenantId" || ' ' || attempts AS key FROM "HuntTask"
         WHERE "claimedBy" = $1 AND status = 'running'`,
        [worker],
      )
      return new Set(rows.map(({ key }) => key))
    },

    async release(worker, tasks) {
      if (tasks.length === 0) return
      await retryDeadlocks(() =>
        pool.query(
          `UPDATE "HuntTask" t SET status = 'queued', "claimedBy" = NULL, "leaseUntil" = NULL
           FROM unnest($2::uuid[], $3::uuid[], $4::int[]) AS c(hunt, tenant, attempts)
           WHERE t."huntId" = c.hunt AND t."tenantId" = c.tenant AND t.attempts = c.attempts
             AND t."claimedBy" = $1 AND t.status = 'running'`,
          [
            worker,
            tasks.map(({ huntId }) => huntId),
            tasks.map(({ tenantId }) => tenantId),
            tasks.map(({ attempts }) => attempts),
          ],
        ),
      )
      await sendNotice(pool, { kind: 'work' })
    },

    async tidy(outOfTime) {
      const freed = await retryDeadlocks(() =>
        pool.query(
          `UPDATE "HuntTask" SET status = 'queued', "claimedBy" = NULL, "leaseUntil" = NULL
           WHERE status = 'running' AND "leaseUntil" < now()`,
        ),
      )
      await retryDeadlocks(() => pool.query(expireStatement, [JSON.stringify(outOfTime)]))
      const ended = await finish(null)
      if (ended.length > 0) await sendNotice(pool, { kind: 'changed', huntIds: ended })
      return { freed: freed.rowCount ?? 0 }
    },

    async nextDueMs() {
      const { rows } = await pool.query<{ dueMs: number | null }>(
        `SELECT extract(epoch FROM min(t."notBefore") - now())::float8 * 1000 AS "dueMs"
         FROM "Hunt" h JOIN "HuntTask" t ON t."huntId" = h.id AND t.status = 'waiting'
         WHERE h.status IN ('queued', 'running') AND ${notSuspended('t."tenantId"')}`,
      )
      return rows[0]?.dueMs ?? null
    },

    finish: huntIds => finish(huntIds),
    notifyChanged: huntIds => sendNotice(pool, { kind: 'changed', huntIds }),
  }
}

function sealChunks(sealer: Sealer, key: SealingKey | null, { task, outcome }: TaskOutcome): TaskOutcome {
  if (key === null || outcome.chunks.length === 0) return { task, outcome }
  const chunks = outcome.chunks.map(chunk => {
    const data = sealer.seal(key, chunkPlace({ ...task, seq: chunk.seq }), Buffer.from(chunk.data))
    return { ...chunk, data }
  })
  return { task, outcome: { ...outcome, chunks } }
}

type ClaimedRow = Omit<ClaimedTask, 'slices' | 'columns'> & {
  isQueued: boolean
  slices: unknown
  columns: unknown
}

/** Both were written by `settle`. */
function readTask({ isQueued: _, slices, columns, ...task }: ClaimedRow): ClaimedTask {
  return {
    ...task,
    slices: (slices ?? null) as Slices | null,
    columns: (columns ?? null) as Column[] | null,
  }
}
