import { nameInDatabase } from '../platform/database/connections/connections.ts'
import type { Connections } from '../platform/database/connections/limit-connections.ts'

type Count = { status: string; count: number }

/** What waits to be done, over all processes. Times in seconds; null where nothing is due. */
export type Backlog = {
  jobs: { job: string; state: string; count: number; oldestSeconds: number | null }[]
  hunts: Count[]
  tasks: Count[]
  syncOldestSeconds: number | null
  syncBehind: number
  scheduleLateSeconds: number | null
  deliveries: (Count & { channel: string })[]
}

/** SQL, because each figure is a count over many rows, and the queue's tables are pg-boss's. */
export function createBacklogStore(pool: Connections, databaseUrl: string): () => Promise<Backlog> {
  const queue = nameInDatabase(databaseUrl, 'pgboss').replaceAll('"', '""')
  return async () => {
    const { rows: jobs } = await pool.query<Backlog['jobs'][number]>(
      `SELECT name AS job, state::text AS state, count(*)::int AS count,
         extract(epoch FROM now() - min(start_after) FILTER (WHERE state < 'active' AND start_after <= now()))::float8
           AS "oldestSeconds"
       FROM "${queue}".job WHERE state IN ('created', 'retry', 'active', 'failed') GROUP BY 1, 2`,
    )
    const { rows: hunts } = await pool.query<Count>(
      `SELECT status, count(*)::int AS count FROM "Hunt" WHERE status IN ('queued', 'running') GROUP BY 1`,
    )
    const { rows: tasks } = await pool.query<Count>(
      `SELECT t.status, count(*)::int AS count FROM "Hunt" h JOIN "HuntTask" t ON t."huntId" = h.id
       WHERE h.status IN ('queued', 'running') GROUP BY 1`,
    )
    const { rows: ages } = await pool.query<{
      syncOldestSeconds: number | null
      syncBehind: number
      scheduleLateSeconds: number | null
    }>(
      `SELECT
         (SELECT extract(epoch FROM now() - min(coalesce(s."syncedAt", t."createdAt")))::float8 FROM "Tenant" t
          LEFT JOIN "IncidentSync" s ON s."tenantId" = t.id WHERE t.status IN ('connected', 'degraded')) AS "syncOldestSeconds",
         (SELECT count(*)::int FROM "Tenant" t LEFT JOIN "IncidentSync" s ON s."tenantId" = t.id
          WHERE t.status IN ('connected', 'degraded')
            AND coalesce(s."syncedAt", t."createdAt") < now() - interval '15 minutes') AS "syncBehind",
         (SELECT greatest(0, extract(epoch FROM now() - min("nextRunAt")))::float8 FROM "Schedule" WHERE enabled) AS "scheduleLateSeconds"`,
    )
    const { rows: deliveries } = await pool.query<Backlog['deliveries'][number]>(
      `SELECT 'webhook' AS channel, status, count(*)::int AS count FROM "WebhookDelivery"
       WHERE "createdAt" > now() - interval '1 day' GROUP BY 2
       UNION ALL
       SELECT 'rule', status, count(*)::int FROM "NotificationDelivery"
       WHERE "createdAt" > now() - interval '1 day' GROUP BY 2`,
    )
    const { syncOldestSeconds = null, syncBehind = 0, scheduleLateSeconds = null } = ages[0] ?? {}
    return { jobs, hunts, tasks, syncOldestSeconds, syncBehind, scheduleLateSeconds, deliveries }
  }
}
