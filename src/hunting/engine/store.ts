import type pg from 'pg'
import type { Failure } from '../../errors.ts'
import { noSealer, type Sealer } from '../../installation/sealing/sealer.ts'
import { retryDeadlocks } from '../../platform/database/deadlocks.ts'
import type { Connections } from '../../platform/database/shares.ts'
import type { SealingKey } from '../../platform/sealing/envelope.ts'
import { storableJson } from '../../platform/storable.ts'
import { notSuspended } from '../../tenants/suspended-store.ts'
import { sendNotice } from '../hunts/channel.ts'
import { expectedFailures } from '../hunts/coverage.ts'
import { chunkPlace } from '../results/chunk-place.ts'
import type { Column } from '../results/model.ts'
import type { ClaimedTask, HuntParameters, Outcome, Slices } from './task.ts'

export type TaskOutcome = { task: ClaimedTask; outcome: Outcome }

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

/** Claims of all processes one after another: only so can a tenant not be claimed twice at once. */
const lockClaims = `SELECT pg_advisory_xact_lock(hashtext('tenantry.hunts.claim'))`

const claimStatement = `
  WITH due AS (
    SELECT c.*, h.status = 'queued' AS "isQueued", row_number() OVER (PARTITION BY c."huntId") AS turn
    FROM "Hunt" h CROSS JOIN LATERAL (
      SELECT t."huntId", t."tenantId" FROM "HuntTask" t
      WHERE t."huntId" = h.id AND t.status IN ('queued', 'waiting') AND t."notBefore" <= now()
        AND NOT EXISTS (SELECT 1 FROM "HuntTask" r WHERE r."tenantId" = t."tenantId" AND r.status = 'running')
        AND ${notSuspended('t."tenantId"')}
      LIMIT $2 FOR UPDATE OF t SKIP LOCKED
    ) c
    WHERE h.status IN ('queued', 'running') AND h."canceledAt" IS NULL AND h."deadlineAt" > now()
  ), once AS (
    SELECT DISTINCT ON ("tenantId") * FROM due ORDER BY "tenantId", turn
  ), chosen AS (
    SELECT "huntId", "tenantId", "isQueued" FROM once ORDER BY turn LIMIT $2
  )
  UPDATE "HuntTask" t SET status = 'running', "claimedBy" = $1, attempts = t.attempts + 1,
    "leaseUntil" = now() + $3 * interval '1 millisecond', "startedAt" = coalesce(t."startedAt", now())
  FROM chosen c JOIN "Tenant" n ON n.id = c."tenantId"
  WHERE t."huntId" = c."huntId" AND t."tenantId" = c."tenantId"
  RETURNING t."huntId", t."tenantId", t.attempts, t.failures, c."isQueued", n."rolesGranted" AS roles, t.slices, t."rowCount",
    CASE WHEN t.slices IS NULL THEN NULL ELSE t.columns END AS columns,
    CASE WHEN t.slices IS NULL THEN 0 ELSE
      (SELECT count(*)::int FROM "HuntChunk" k WHERE k."huntId" = t."huntId" AND k."tenantId" = t."tenantId")
    END AS "chunkCount"`

const beginStatement = `
  UPDATE "Hunt" SET status = 'running', "startedAt" = coalesce("startedAt", now())
  WHERE id = ANY($1::uuid[]) AND status = 'queued'`

/** What people started waits for the end of a suspension; a schedule's run must not keep the next one waiting. */
const expireStatement = `
  UPDATE "HuntTask" t SET "finishedAt" = now(), "claimedBy" = NULL, "leaseUntil" = NULL,
    status = CASE WHEN t.slices->'done'->0 IS NULL THEN 'failed' ELSE 'succeeded' END,
    truncated = t.slices->'done'->0 IS NOT NULL,
    error = CASE WHEN jsonb_typeof(t.error) = 'object' THEN t.error ELSE $1::jsonb END
  FROM "Hunt" h
  WHERE h.id = t."huntId" AND h.status IN ('queued', 'running') AND h."deadlineAt" <= now()
    AND t.status IN ('queued', 'waiting') AND (h."scheduleId" IS NOT NULL OR ${notSuspended('t."tenantId"')})`

const expectedCodes = expectedFailures.map(code => `'${code}'`).join(', ')

const finishStatement = {
  text: `
  UPDATE "Hunt" h SET "finishedAt" = now(), "startedAt" = coalesce(h."startedAt", h."createdAt"), status = (
    SELECT CASE
      WHEN h."canceledAt" IS NOT NULL THEN 'canceled'
      WHEN count(*) FILTER (WHERE t.status = 'succeeded') = 0 AND count(*) > 0 THEN 'failed'
      WHEN count(*) FILTER (WHERE t.status = 'succeeded' OR t.error->>'code' IN (${expectedCodes})) = count(*)
        THEN 'succeeded'
      ELSE 'partial' END
    FROM "HuntTask" t WHERE t."huntId" = h.id)
  WHERE ($1::uuid[] IS NULL OR h.id = ANY($1)) AND h.status IN ('queued', 'running')
    AND NOT EXISTS (
      SELECT 1 FROM "HuntTask" t WHERE t."huntId" = h.id AND t.status IN ('queued', 'running', 'waiting'))
  RETURNING h.id`,
}

/**
 * One statement, hence all or nothing: outcomes of claims that are still held,
 * and the chunks of exactly those. A process that was taken for dead writes
 * nothing.
 */
function settleStatement(worker: string, outcomes: TaskOutcome[]): { text: string; values: unknown[] } {
  const chunks = outcomes.flatMap(({ task, outcome }) =>
    outcome.chunks.map(chunk => ({ ...chunk, huntId: task.huntId, tenantId: task.tenantId })),
  )
  const values = [
    worker,
    outcomes.map(({ task }) => task.huntId),
    outcomes.map(({ task }) => task.tenantId),
    outcomes.map(({ task }) => task.attempts),
    outcomes.map(({ outcome }) => outcome.status),
    outcomes.map(({ outcome }) => Math.round(outcome.waitMs ?? 0)),
    outcomes.map(({ outcome }) => outcome.durationMs ?? null),
    outcomes.map(({ outcome }) => outcome.rowCount),
    outcomes.map(({ outcome }) => outcome.truncated ?? false),
    outcomes.map(({ outcome }) => json(outcome.columns)),
    outcomes.map(({ outcome }) => json(outcome.slices)),
    outcomes.map(({ outcome }) => json(outcome.error && outcome.error)),
    outcomes.map(({ outcome }) => outcome.surface ?? null),
    outcomes.map(({ outcome }) => outcome.failures ?? 0),
    chunks.map(({ huntId }) => huntId),
    chunks.map(({ tenantId }) => tenantId),
    chunks.map(({ seq }) => seq),
    chunks.map(({ rowCount }) => rowCount),
  ]
  // Each chunk is a parameter of its own: in an array it would travel as hexadecimal text.
  const data = chunks.map((_, index) => `$${values.length + index + 1}`).join(', ')
  return {
    text: `${settleHead}ARRAY[${data}]::bytea[]${settleTail}`,
    values: [...values, ...chunks.map(chunk => chunk.data)],
  }
}

const settleHead = `
  WITH done AS (
    UPDATE "HuntTask" t SET status = o.status,
      "claimedBy" = CASE WHEN o.status = 'running' THEN t."claimedBy" END,
      "leaseUntil" = CASE WHEN o.status = 'running' THEN t."leaseUntil" END,
      "notBefore" = CASE WHEN o.status = 'waiting' THEN now() + o.wait * interval '1 millisecond' ELSE t."notBefore" END,
      "finishedAt" = CASE WHEN o.status IN ('succeeded', 'failed') THEN now() END,
      "durationMs" = coalesce(o.duration, t."durationMs"), "rowCount" = o.rows, truncated = o.truncated,
      columns = coalesce(o.columns::jsonb, t.columns), slices = o.slices::jsonb, error = o.error::jsonb,
      surface = coalesce(o.surface, t.surface), failures = o.failures
    FROM unnest($2::uuid[], $3::uuid[], $4::int[], $5::text[], $6::int[], $7::int[], $8::int[], $9::bool[],
      $10::text[], $11::text[], $12::text[], $13::text[], $14::int[])
      AS o(hunt, tenant, attempts, status, wait, duration, rows, truncated, columns, slices, error, surface, failures)
    WHERE t."huntId" = o.hunt AND t."tenantId" = o.tenant AND t.attempts = o.attempts
      AND t."claimedBy" = $1 AND t.status = 'running'
    RETURNING t."huntId", t."tenantId"
  ), kept AS (
    INSERT INTO "HuntChunk" ("huntId", "tenantId", seq, "rowCount", data)
    SELECT c.hunt, c.tenant, c.seq, c.rows, c.data
    FROM unnest($15::uuid[], $16::uuid[], $17::int[], $18::int[], `
const settleTail = `) AS c(hunt, tenant, seq, rows, data)
    JOIN done d ON d."huntId" = c.hunt AND d."tenantId" = c.tenant
  )
  SELECT "huntId", "tenantId" FROM done`

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

function json(value: object | null | undefined): string | null {
  return value ? JSON.stringify(storableJson(value)) : null
}
