import { Prisma } from '../../generated/prisma/client.ts'
import type { Database } from '../../platform/database/index.ts'
import { isOpen, type TenantScope, walkedIn } from '../queue/filter-store.ts'

/** Incidents that were created on one day (UTC), by severity. */
export type DayCount = { day: string; severity: string; count: number }

/** How long people took, in seconds; null when no incident got so far. `count` incidents were measured. */
export type ResponseTimes = {
  count: number
  acknowledgeMedian: number | null
  acknowledgeP90: number | null
  resolveMedian: number | null
  resolveP90: number | null
}

export type TenantResponseTimes = ResponseTimes & { tenantId: string; tenantName: string }

function within(scope: TenantScope, since: Date, until: Date | null = null): Prisma.Sql {
  const part = scope === null ? Prisma.empty : Prisma.sql`AND i."tenantId" = ANY(${[...scope]}::uuid[])`
  // Merged ones are their target's, so that nothing is counted twice.
  const end = until === null ? Prisma.empty : Prisma.sql`AND i."createdAt" < ${until}`
  return Prisma.sql`i."createdAt" >= ${since} ${end} AND i."isListed" ${part}`
}

/** SQL, because days are UTC days whatever the session's time zone, and Prisma groups by no expression. */
export function findDayCounts(db: Database, scope: TenantScope, since: Date): Promise<DayCount[]> {
  return db.$queryRaw<DayCount[]>`
    SELECT to_char(i."createdAt" AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day, i.severity, count(*)::int AS count
    FROM "Incident" i WHERE ${within(scope, since)} GROUP BY 1, 2 ORDER BY 1, 2`
}

const measures = Prisma.sql`
  count(*)::int AS count,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM i."acknowledgedAt" - i."createdAt"))
    AS "acknowledgeMedian",
  percentile_cont(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM i."acknowledgedAt" - i."createdAt"))
    AS "acknowledgeP90",
  percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM i."resolvedAt" - i."createdAt")) AS "resolveMedian",
  percentile_cont(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM i."resolvedAt" - i."createdAt")) AS "resolveP90"`

/** Over all incidents that were created since, and before `until`, and that somebody acknowledged or resolved. */
export async function findResponseTimes(
  db: Database,
  scope: TenantScope,
  since: Date,
  until: Date | null = null,
): Promise<ResponseTimes> {
  const rows = await db.$queryRaw<ResponseTimes[]>`
    SELECT ${measures} FROM "Incident" i
    WHERE ${within(scope, since, until)} AND (i."acknowledgedAt" IS NOT NULL OR i."resolvedAt" IS NOT NULL)`
  return (
    rows[0] ?? {
      count: 0,
      acknowledgeMedian: null,
      acknowledgeP90: null,
      resolveMedian: null,
      resolveP90: null,
    }
  )
}

/** The same tenant by tenant, slowest to acknowledge first. */
export function findTenantResponseTimes(
  db: Database,
  scope: TenantScope,
  since: Date,
  limit: number,
): Promise<TenantResponseTimes[]> {
  return db.$queryRaw<TenantResponseTimes[]>`
    SELECT t.id AS "tenantId", t.name AS "tenantName", m.* FROM (
      SELECT i."tenantId" AS id, ${measures} FROM "Incident" i
      WHERE ${within(scope, since)} AND (i."acknowledgedAt" IS NOT NULL OR i."resolvedAt" IS NOT NULL)
      GROUP BY i."tenantId"
    ) m JOIN "Tenant" t ON t.id = m.id
    ORDER BY m."acknowledgeMedian" DESC NULLS LAST, t.name LIMIT ${limit}`
}

/** When the oldest open incident that nobody is assigned to was created; null when there is none. */
export async function findOldestUnassigned(db: Database, scope: TenantScope): Promise<Date | null> {
  const part = scope === null ? Prisma.empty : Prisma.sql`AND ${walkedIn(scope)}`
  const rows = await db.$queryRaw<{ at: Date | null }[]>`
    SELECT min(i."createdAt") AS at FROM "Incident" i
    WHERE ${isOpen} AND i."assigneeKey" = '' ${part}`
  return rows[0]?.at ?? null
}
