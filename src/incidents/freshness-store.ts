import { Prisma } from '../generated/prisma/client.ts'
import type { Database } from '../platform/database/index.ts'
import type { TenantScope } from './queue/filter-store.ts'

/** A tenant that is not up to date, as the rows tell. */
export type BehindRow = {
  tenantId: string
  tenantName: string
  tenantStatus: string
  /** RemoteFailure of the last round; else of the tenant's last check. */
  error: unknown
  syncedAt: Date | null
  backfillCount: number | null
  isFirstRun: boolean
}

export type FreshnessRow = { tenants: number; current: number; oldestSyncedAt: Date | null }

/** A tenant counts as up to date for so long after a whole round: twice what the longest pause between rounds may bring. */
const currentSeconds = 330

const isCurrent = Prisma.sql`(s."syncedAt" IS NOT NULL AND s."syncedAt" >= now() - ${currentSeconds} * interval '1 second'
  AND s."backfillDoneAt" IS NOT NULL AND t.status IN ('connected', 'degraded')
  AND coalesce((s.error->>'permanent')::boolean, false) IS FALSE)`

/** SQL, for one pass over all tenants. */
export async function summarizeFreshness(db: Database, scope: TenantScope): Promise<FreshnessRow> {
  const [row] = await db.$queryRaw<FreshnessRow[]>`
    SELECT count(*)::int AS tenants, count(*) FILTER (WHERE ${isCurrent})::int AS current, min(s."syncedAt") AS "oldestSyncedAt"
    FROM "Tenant" t LEFT JOIN "IncidentSync" s ON s."tenantId" = t.id WHERE ${inScope(scope)}`
  return row ?? { tenants: 0, current: 0, oldestSyncedAt: null }
}

/** Tenants that are not up to date, those behind longest first. */
export function findBehind(db: Database, scope: TenantScope, limit: number): Promise<BehindRow[]> {
  return db.$queryRaw<BehindRow[]>`
    SELECT t.id AS "tenantId", t.name AS "tenantName", t.status AS "tenantStatus",
      CASE WHEN jsonb_typeof(s.error) = 'object' THEN s.error ELSE t."lastError" END AS error, s."syncedAt",
      s."backfillCount", s."tenantId" IS NOT NULL AND s."backfillDoneAt" IS NULL AS "isFirstRun"
    FROM "Tenant" t LEFT JOIN "IncidentSync" s ON s."tenantId" = t.id
    WHERE ${inScope(scope)} AND NOT ${isCurrent}
    ORDER BY s."syncedAt" NULLS FIRST, t.id LIMIT ${limit}`
}

function inScope(scope: TenantScope): Prisma.Sql {
  return scope === null ? Prisma.sql`TRUE` : Prisma.sql`t.id = ANY(${[...scope]}::uuid[])`
}
