import { storableJson } from '../../platform/storable.ts'
import { notSuspended } from '../../tenants/suspended-store.ts'
import { expectedFailures } from '../hunts/coverage.ts'
import type { TaskOutcome } from './task.ts'

/** Claims of all processes one after another: only so can a tenant not be claimed twice at once. */
export const lockClaims = `SELECT pg_advisory_xact_lock(hashtext('tenantry.hunts.claim'))`

export const claimStatement = `
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

export const beginStatement = `
  UPDATE "Hunt" SET status = 'running', "startedAt" = coalesce("startedAt", now())
  WHERE id = ANY($1::uuid[]) AND status = 'queued'`

/** What people started waits for the end of a suspension; a schedule's run must not keep the next one waiting. */
export const expireStatement = `
  UPDATE "HuntTask" t SET "finishedAt" = now(), "claimedBy" = NULL, "leaseUntil" = NULL,
    status = CASE WHEN t.slices->'done'->0 IS NULL THEN 'failed' ELSE 'succeeded' END,
    truncated = t.slices->'done'->0 IS NOT NULL,
    error = CASE WHEN jsonb_typeof(t.error) = 'object' THEN t.error ELSE $1::jsonb END
  FROM "Hunt" h
  WHERE h.id = t."huntId" AND h.status IN ('queued', 'running') AND h."deadlineAt" <= now()
    AND t.status IN ('queued', 'waiting') AND (h."scheduleId" IS NOT NULL OR ${notSuspended('t."tenantId"')})`

const expectedCodes = expectedFailures.map(code => `'${code}'`).join(', ')

export const finishStatement = {
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
export function settleStatement(
  worker: string,
  outcomes: TaskOutcome[],
): { text: string; values: unknown[] } {
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

function json(value: object | null | undefined): string | null {
  return value ? JSON.stringify(storableJson(value)) : null
}
