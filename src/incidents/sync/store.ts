import type pg from 'pg'
import type { SyncedIncident } from '../../microsoft/defender/index.ts'
import { retryDeadlocks } from '../../platform/database/connections/deadlocks.ts'
import type { Connections } from '../../platform/database/connections/limit-connections.ts'
import { storableJson } from '../../platform/storable.ts'
import { notSuspended } from '../../tenants/suspended-store.ts'
import { databaseTime, inTransaction } from '../change/record.ts'
import { sendChanges } from '../events/changes.ts'
import { markDeleted, type StoreChange, writeIncidents } from '../write-store.ts'
import type { Claim, RoundOutcome } from './round.ts'

/** How far a page brings a tenant; what is absent stays. */
export type Progress = {
  seenUntil?: string
  backfillPosition?: string
  backfillUntil?: Date
  /** Incidents that the page brought to the first run. */
  backfilled?: number
  isBackfilled?: boolean
}

export type Written = {
  changes: StoreChange[]
  /** Incidents of the page that were not written since a row says something newer. */
  stale: number
  /** The database's time afterwards: what is asked from now on knows more than the rows. */
  at: Date
}

/**
 * The synchronisation's rows. SQL throughout: claims skip locked rows, outcomes
 * of many tenants go in one statement, and all times are the database's, since
 * processes' clocks differ.
 */
export type SyncStore = ReturnType<typeof createSyncStore>

export function createSyncStore(pool: Connections) {
  /** Whether the tenant is still this worker's. Until the transaction ends it stays so. */
  async function isOurs(client: pg.PoolClient, worker: string, tenantId: string): Promise<boolean> {
    const { rowCount } = await client.query({ name: 'sync-ours', text: oursStatement }, [tenantId, worker])
    return rowCount === 1
  }

  return {
    /** Gives tenants that can be read a row; those of others wait until they can. */
    async addTenants(): Promise<void> {
      await pool.query(
        `INSERT INTO "IncidentSync" ("tenantId") SELECT t.id FROM "Tenant" t
         WHERE t.status IN ('connected', 'degraded')
           AND NOT EXISTS (SELECT 1 FROM "IncidentSync" s WHERE s."tenantId" = t.id)
         ON CONFLICT DO NOTHING`,
      )
    },

    /** Takes up to `count` tenants whose time has come, those due longest first. */
    async claim(worker: string, count: number, leaseMs: number): Promise<Claim[]> {
      const { rows } = await pool.query<Claim>({ name: 'sync-claim', text: claimStatement }, [
        worker,
        count,
        leaseMs,
      ])
      return rows
    },

    now: () => databaseTime(pool),

    /** Milliseconds until the next tenant is due; null when there is none. */
    async nextDueMs(): Promise<number | null> {
      const { rows } = await pool.query<{ dueMs: number | null }>(
        `SELECT extract(epoch FROM min(s."nextAt") - now())::float8 * 1000 AS "dueMs"
         FROM "IncidentSync" s JOIN "Tenant" t ON t.id = s."tenantId"
         WHERE s."claimedBy" IS NULL AND t.status IN ('connected', 'degraded') AND ${notSuspended('t.id')}`,
      )
      return rows[0]?.dueMs ?? null
    },

    /** Prolongs the leases. @returns the tenants that are still this worker's */
    async renew(worker: string, leaseMs: number): Promise<Set<string>> {
      const { rows } = await pool.query<{ tenantId: string }>(
        `UPDATE "IncidentSync" SET "leaseUntil" = now() + $2 * interval '1 millisecond'
         WHERE "claimedBy" = $1 RETURNING "tenantId"`,
        [worker, leaseMs],
      )
      return new Set(rows.map(({ tenantId }) => tenantId))
    },

    /** Gives tenants back as they are; they are due at once. */
    async release(worker: string, tenantIds: string[]): Promise<void> {
      if (tenantIds.length === 0) return
      await pool.query(
        `UPDATE "IncidentSync" SET "claimedBy" = NULL, "leaseUntil" = NULL
         WHERE "claimedBy" = $1 AND "tenantId" = ANY($2::uuid[])`,
        [worker, tenantIds],
      )
    },

    /** Writes what rounds came to, of tenants that are still this worker's. */
    async settle(worker: string, rounds: { tenantId: string; outcome: RoundOutcome }[]): Promise<void> {
      const rows = rounds.map(({ tenantId, outcome: { failure, ...outcome } }) => ({
        tenantId,
        ...outcome,
        error: failure && storableJson(failure),
      }))
      await retryDeadlocks(() =>
        pool.query({ name: 'sync-settle', text: settleStatement }, [worker, JSON.stringify(rows)]),
      )
    },

    /**
     * Writes incidents and how far the tenant is with them, together.
     *
     * @returns null when the tenant is not this worker's any more
     */
    write(
      worker: string,
      tenantId: string,
      incidents: readonly SyncedIncident[],
      askedAt: Date,
      progress: Progress = {},
    ): Promise<Written | null> {
      return inTransaction(pool, async client => {
        if (!(await isOurs(client, worker, tenantId))) return null
        const { changes, stale } = await writeIncidents(client, { tenantId, incidents, askedAt })
        const { seenUntil = null, backfillPosition = null, backfillUntil = null } = progress
        const { rows } = await client.query<{ at: Date }>(
          { name: 'sync-progress', text: progressStatement },
          [
            tenantId,
            seenUntil,
            backfillPosition,
            backfillUntil,
            progress.backfilled ?? 0,
            progress.isBackfilled ?? false,
          ],
        )
        // After the progress, which says when the first run began: that decides what is news.
        await sendChanges(client, tenantId, changes)
        return { changes, stale, at: rows[0]?.at ?? askedAt }
      })
    },

    /** Marks what Microsoft does not have any more. @returns null when the tenant is not this worker's any more */
    markDeleted(worker: string, tenantId: string, incidentId: string): Promise<boolean | null> {
      return inTransaction(pool, async client => {
        if (!(await isOurs(client, worker, tenantId))) return null
        const change = await markDeleted(client, tenantId, incidentId)
        if (change) await sendChanges(client, tenantId, [change])
        return change !== null
      })
    },

    /** Incidents whose alerts are to be fetched, updated last first. */
    async dueAlerts(tenantId: string, limit: number): Promise<string[]> {
      const { rows } = await pool.query<{ incidentId: string }>(
        { name: 'sync-due-alerts', text: dueAlertsStatement },
        [tenantId, limit],
      )
      return rows.map(({ incidentId }) => incidentId)
    },

    /** Notes that the alerts of an incident could not be fetched: they are tried again, later each time. */
    async alertsFailed(tenantId: string, incidentId: string): Promise<void> {
      await pool.query(
        `UPDATE "Incident" SET "alertsFailures" = "alertsFailures" + 1,
           "alertsDueAt" = now() + least(60 * power(2, least("alertsFailures", 12)), 86400) * interval '1 second'
         WHERE "tenantId" = $1 AND "incidentId" = $2`,
        [tenantId, incidentId],
      )
    },

    /** Ids of stored incidents of a span that Microsoft should have, to compare. */
    async storedIds(tenantId: string, from: string, until: string): Promise<string[]> {
      const { rows } = await pool.query<{ incidentId: string }>(
        `SELECT "incidentId" FROM "Incident"
         WHERE "tenantId" = $1 AND "deletedAt" IS NULL AND "updatedExact" BETWEEN $2 AND $3`,
        [tenantId, from, until],
      )
      return rows.map(({ incidentId }) => incidentId)
    },

    /** Has tenants asked at once: something about them changed. */
    async wake(tenantIds: readonly string[]): Promise<void> {
      // The column rounds to milliseconds: rounded up, a tenant would not be due yet for whoever claims at once.
      await pool.query(
        `UPDATE "IncidentSync" SET "nextAt" = date_trunc('milliseconds', now()) WHERE "tenantId" = ANY($1::uuid[]) AND "nextAt" > now()`,
        [[...tenantIds]],
      )
    },

    /** Removes incidents that nobody touched for so many days, a part at a time. @returns how many */
    async removeExpired(days: number, most: number): Promise<number> {
      const { rowCount } = await pool.query(
        `DELETE FROM "Incident" i USING (
           SELECT "tenantId", "incidentId" FROM "Incident"
           WHERE "updatedAt" < now() - $1 * interval '1 day' LIMIT $2) old
         WHERE i."tenantId" = old."tenantId" AND i."incidentId" = old."incidentId"`,
        [days, most],
      )
      return rowCount ?? 0
    },
  }
}

const oursStatement = `SELECT 1 FROM "IncidentSync" WHERE "tenantId" = $1 AND "claimedBy" = $2 FOR UPDATE`

const claimStatement = `
  WITH due AS (
    SELECT s."tenantId" FROM "IncidentSync" s JOIN "Tenant" t ON t.id = s."tenantId"
    WHERE s."nextAt" <= now() AND (s."claimedBy" IS NULL OR s."leaseUntil" < now())
      AND t.status IN ('connected', 'degraded') AND ${notSuspended('t.id')}
    ORDER BY s."nextAt" LIMIT $2 FOR UPDATE OF s SKIP LOCKED
  )
  UPDATE "IncidentSync" s SET "claimedBy" = $1, "leaseUntil" = now() + $3 * interval '1 millisecond'
  FROM due d JOIN "Tenant" t ON t.id = d."tenantId"
  WHERE s."tenantId" = d."tenantId"
  RETURNING s."tenantId", t."rolesGranted" AS roles, s.surface, s.cursor AS "seenUntil", s."backfillCursor" AS "backfillPosition", s."backfillUntil",
    s."backfillDoneAt", s."changedAt", s."lookedBackAt", s."reconciledAt", s.digest, s.failures, now() AS "claimedAt"`

const progressStatement = `
  UPDATE "IncidentSync" SET
    cursor = CASE WHEN $2::text IS NULL THEN cursor ELSE greatest(cursor, $2::text) END,
    "backfillCursor" = coalesce($3, "backfillCursor"), "backfillUntil" = coalesce($4, "backfillUntil"),
    "backfillCount" = "backfillCount" + $5, "startedAt" = coalesce("startedAt", now()),
    "backfillDoneAt" = CASE WHEN $6 THEN coalesce("backfillDoneAt", now()) ELSE "backfillDoneAt" END
  WHERE "tenantId" = $1 RETURNING clock_timestamp() AS at`

/** Failing begins with the first failure of a row of them and ends with a round that did not fail. */
const settleStatement = `
  UPDATE "IncidentSync" s SET "claimedBy" = NULL, "leaseUntil" = NULL,
    surface = coalesce(r.surface, s.surface), "nextAt" = now() + r."waitMs" * interval '1 millisecond',
    "syncedAt" = greatest(r."syncedAt", s."syncedAt"),
    "changedAt" = CASE WHEN r."isChanged" THEN now() ELSE s."changedAt" END,
    "lookedBackAt" = CASE WHEN r."hasLookedBack" THEN now() ELSE s."lookedBackAt" END,
    "reconciledAt" = CASE WHEN r."hasReconciled" THEN now() ELSE s."reconciledAt" END,
    digest = r.digest, error = r.error,
    failures = CASE WHEN r.error IS NULL THEN 0 ELSE s.failures + 1 END,
    "failingSince" = CASE WHEN r.error IS NULL THEN NULL ELSE coalesce(s."failingSince", now()) END
  FROM jsonb_to_recordset($2::jsonb) AS r("tenantId" uuid, surface text, "syncedAt" timestamptz, "isChanged" boolean,
    "hasLookedBack" boolean, "hasReconciled" boolean, digest text, error jsonb, "waitMs" float8)
  WHERE s."tenantId" = r."tenantId" AND s."claimedBy" = $1`

const dueAlertsStatement = `
  SELECT "incidentId" FROM "Incident" WHERE "tenantId" = $1 AND "alertsDueAt" <= now()
  ORDER BY "updatedAt" DESC LIMIT $2`
