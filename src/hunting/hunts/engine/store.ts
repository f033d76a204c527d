import type pg from 'pg'
import { storableJson } from '../../../audit/storable.ts'
import { retryDeadlocks } from '../../../database/deadlocks.ts'
import type { RemoteFailure } from '../../../errors.ts'
import { toStoredFailure } from '../../../tenants/stored-failure.ts'
import type { Column } from '../../results/model.ts'
import { sendNotice } from '../channel.ts'
import type { Claim, HuntOrder, Outcome, Slices } from './task.ts'

export type Settlement = { claim: Claim; outcome: Outcome }

/**
 * The engine's rows. SQL throughout: claims skip locked rows, outcomes of many
 * tasks and their chunks go in one statement, and all times are the
 * database's, since processes' clocks differ.
 */
export type EngineStore = {
  /** Takes up to `count` due tasks, hunts in turn, no tenant that is being called already. */
  claim(worker: string, count: number, leaseMs: number): Promise<Claim[]>
  order(huntId: string): Promise<HuntOrder | null>
  /** Writes outcomes of claims that are still ours. @returns those that were not */
  settle(worker: string, settlements: Settlement[]): Promise<Settlement[]>
  /** Prolongs the leases. @returns the keys of the claims still ours, as `claimKey` makes them */
  renew(worker: string, leaseMs: number): Promise<Set<string>>
  /** The same keys, without prolonging anything. */
  held(worker: string): Promise<Set<string>>
  /** Frees tasks that are still ours. */
  release(worker: string, claims: Claim[]): Promise<void>
  /** Frees tasks whose process died, fails those past their hunt's deadline, ends hunts with nothing left. */
  tidy(outOfTime: RemoteFailure): Promise<{ freed: number }>
  /** Milliseconds until the first waiting task is due; null when none waits. */
  nextDueMs(): Promise<number | null>
  /** Ends those of the hunts that have no open task left. @returns what ended */
  finish(huntIds: string[]): Promise<string[]>
  notifyChanged(huntIds: string[]): Promise<void>
}

export function createEngineStore(pool: pg.Pool): EngineStore {
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
        const { rows } = await client.query<ClaimRow>({ name: 'hunts-claim', text: claimStatement }, [
          worker,
          count,
          leaseMs,
        ])
        const begun = [...new Set(rows.filter(row => row.isQueued).map(row => row.huntId))]
        if (begun.length > 0) await client.query({ name: 'hunts-begin', text: beginStatement }, [begun])
        return rows.map(readClaim)
      }, lockClaims),

    async order(huntId) {
      const { rows } = await pool.query<{ query: string; timespan: string | null; leftMs: number }>(
        `SELECT query, timespan, extract(epoch FROM "deadlineAt" - now())::float8 * 1000 AS "leftMs"
         FROM "Hunt" WHERE id = $1`,
        [huntId],
      )
      const [row] = rows
      return row ? { query: row.query, timespan: row.timespan, deadline: Date.now() + row.leftMs } : null
    },

    async settle(worker, settlements) {
      const { text, values } = settleStatement(worker, settlements)
      const { rows } = await retryDeadlocks(() =>
        pool.query<{ huntId: string; tenantId: string }>(text, values),
      )
      const written = new Set(rows.map(({ huntId, tenantId }) => `${huntId} ${tenantId}`))
      return settlements.filter(({ claim }) => !written.has(`${claim.huntId} ${claim.tenantId}`))
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

    async held(worker) {
      const { rows } = await pool.query<{ key: string }>(
        `SELECT "huntId" || ' ' || "tenantId" || ' ' || attempts AS key FROM "HuntTask"
         WHERE "claimedBy" = $1 AND status = 'running'`,
        [worker],
      )
      return new Set(rows.map(({ key }) => key))
    },

    async release(worker, claims) {
      if (claims.length === 0) return
      await retryDeadlocks(() =>
        pool.query(
          `UPDATE "HuntTask" t SET status = 'queued', "claimedBy" = NULL, "leaseUntil" = NULL
           FROM unnest($2::uuid[], $3::uuid[], $4::int[]) AS c(hunt, tenant, attempts)
           WHERE t."huntId" = c.hunt AND t."tenantId" = c.tenant AND t.attempts = c.attempts
             AND t."claimedBy" = $1 AND t.status = 'running'`,
          [
            worker,
            claims.map(({ huntId }) => huntId),
            claims.map(({ tenantId }) => tenantId),
            claims.map(({ attempts }) => attempts),
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
      await retryDeadlocks(() => pool.query(expireStatement, [JSON.stringify(toStoredFailure(outOfTime))]))
      const ended = await finish(null)
      if (ended.length > 0) await sendNotice(pool, { kind: 'changed', huntIds: ended })
      return { freed: freed.rowCount ?? 0 }
    },

    async nextDueMs() {
      const { rows } = await pool.query<{ dueMs: number | null }>(
        `SELECT extract(epoch FROM min(t."notBefore") - now())::float8 * 1000 AS "dueMs"
         FROM "Hunt" h JOIN "HuntTask" t ON t."huntId" = h.id AND t.status = 'waiting'
         WHERE h.status IN ('queued', 'running')`,
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

const expireStatement = `
  UPDATE "HuntTask" t SET "finishedAt" = now(), "claimedBy" = NULL, "leaseUntil" = NULL,
    status = CASE WHEN t.slices->'done'->0 IS NULL THEN 'failed' ELSE 'succeeded' END,
    truncated = t.slices->'done'->0 IS NOT NULL,
    error = CASE WHEN jsonb_typeof(t.error) = 'object' THEN t.error ELSE $1::jsonb END
  FROM "Hunt" h
  WHERE h.id = t."huntId" AND h.status IN ('queued', 'running') AND h."deadlineAt" <= now()
    AND t.status IN ('queued', 'waiting')`

const finishStatement = {
  text: `
  UPDATE "Hunt" h SET "finishedAt" = now(), "startedAt" = coalesce(h."startedAt", h."createdAt"), status = (
    SELECT CASE
      WHEN h."canceledAt" IS NOT NULL THEN 'canceled'
      WHEN count(*) FILTER (WHERE t.status = 'succeeded') = count(*) THEN 'succeeded'
      WHEN count(*) FILTER (WHERE t.status = 'succeeded') = 0 THEN 'failed'
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
function settleStatement(worker: string, settlements: Settlement[]): { text: string; values: unknown[] } {
  const chunks = settlements.flatMap(({ claim, outcome }) =>
    outcome.chunks.map(chunk => ({ ...chunk, huntId: claim.huntId, tenantId: claim.tenantId })),
  )
  const values = [
    worker,
    settlements.map(({ claim }) => claim.huntId),
    settlements.map(({ claim }) => claim.tenantId),
    settlements.map(({ claim }) => claim.attempts),
    settlements.map(({ outcome }) => outcome.status),
    settlements.map(({ outcome }) => Math.round(outcome.waitMs ?? 0)),
    settlements.map(({ outcome }) => outcome.durationMs ?? null),
    settlements.map(({ outcome }) => outcome.rowCount),
    settlements.map(({ outcome }) => outcome.truncated ?? false),
    settlements.map(({ outcome }) => json(outcome.columns)),
    settlements.map(({ outcome }) => json(outcome.slices)),
    settlements.map(({ outcome }) => json(outcome.error && toStoredFailure(outcome.error))),
    settlements.map(({ outcome }) => outcome.surface ?? null),
    settlements.map(({ outcome }) => outcome.failures ?? 0),
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

type ClaimRow = Omit<Claim, 'slices' | 'columns'> & { isQueued: boolean; slices: unknown; columns: unknown }

/** Both were written by `settle`. */
function readClaim({ isQueued: _, slices, columns, ...claim }: ClaimRow): Claim {
  return {
    ...claim,
    slices: (slices ?? null) as Slices | null,
    columns: (columns ?? null) as Column[] | null,
  }
}

function json(value: object | null | undefined): string | null {
  return value ? JSON.stringify(storableJson(value)) : null
}
