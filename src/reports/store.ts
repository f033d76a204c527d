import { Prisma } from '../generated/prisma/client.ts'
import type { Database } from '../platform/database/index.ts'
import type { Month } from './month.ts'

/** Incidents of one severity: created in the month and in the one before, resolved in the month. */
export type SeverityLine = { severity: string; created: number; before: number; resolved: number }

export type Classified = { classification: string; count: number }

export type NotableIncident = {
  incidentId: string
  title: string
  severity: string
  status: string
  classification: string
  createdAt: Date
  resolvedAt: Date | null
}

/** What staff did to incidents through Tenantry. */
export type TriageCounts = { incidents: number; changes: number; comments: number }

export type ActionLine = {
  deviceName: string
  type: string
  status: string
  comment: string
  requestedBy: string
  createdAt: Date
}

export type HuntCounts = { hunts: number; failed: number; rows: number }

export type FindingLine = { name: string; runs: number; newRows: number }

/** Merged incidents are their target's, so that nothing is counted twice; deleted ones are not counted. */
const counted = (tenantId: string) => Prisma.sql`i."tenantId" = ${tenantId}::uuid AND i."isListed"`

/** SQL, for one walk over the two months. Severities without any incident are absent; highest first. */
export async function findSeverityLines(
  db: Database,
  tenantId: string,
  month: Month,
  before: Month,
): Promise<SeverityLine[]> {
  const lines = await db.$queryRaw<SeverityLine[]>`
    SELECT i.severity,
      count(*) FILTER (WHERE i."createdAt" >= ${month.from} AND i."createdAt" < ${month.to})::int AS created,
      count(*) FILTER (WHERE i."createdAt" >= ${before.from} AND i."createdAt" < ${before.to})::int AS before,
      count(*) FILTER (WHERE i."resolvedAt" >= ${month.from} AND i."resolvedAt" < ${month.to})::int AS resolved
    FROM "Incident" i
    WHERE ${counted(tenantId)} AND i."updatedAt" >= ${before.from}
    GROUP BY i.severity, i."severityRank" ORDER BY i."severityRank" DESC`
  return lines.filter(({ created, before, resolved }) => created + before + resolved > 0)
}

/** How many were not resolved when the month ended. */
export async function countOpenAtEnd(db: Database, tenantId: string, { to }: Month): Promise<number> {
  const rows = await db.$queryRaw<{ count: number }[]>`
    SELECT count(*)::int AS count FROM "Incident" i
    WHERE ${counted(tenantId)} AND i."createdAt" < ${to} AND (i."resolvedAt" IS NULL OR i."resolvedAt" >= ${to})`
  return rows[0]?.count ?? 0
}

/** What became of those that were resolved in the month, most first. */
export function findClassified(db: Database, tenantId: string, { from, to }: Month): Promise<Classified[]> {
  return db.$queryRaw<Classified[]>`
    SELECT i.classification, count(*)::int AS count FROM "Incident" i
    WHERE ${counted(tenantId)} AND i."resolvedAt" >= ${from} AND i."resolvedAt" < ${to}
    GROUP BY i.classification ORDER BY count DESC, i.classification`
}

/** Highest severity first, then latest. */
export function findNotable(
  db: Database,
  tenantId: string,
  { from, to }: Month,
  limit: number,
): Promise<NotableIncident[]> {
  return db.$queryRaw<NotableIncident[]>`
    SELECT i."incidentId", i.title, i.severity, i.status, i.classification, i."createdAt", i."resolvedAt"
    FROM "Incident" i
    WHERE ${counted(tenantId)} AND i."createdAt" >= ${from} AND i."createdAt" < ${to}
    ORDER BY i."severityRank" DESC, i."createdAt" DESC, i."incidentId" LIMIT ${limit}`
}

export async function countTriage(
  db: Database,
  tenantId: string,
  { from, to }: Month,
): Promise<TriageCounts> {
  const rows = await db.$queryRaw<TriageCounts[]>`
    SELECT count(DISTINCT a."incidentId")::int AS incidents,
      count(*) FILTER (WHERE a.kind = 'changed')::int AS changes,
      count(*) FILTER (WHERE a.kind = 'commented')::int AS comments
    FROM "IncidentActivity" a
    WHERE a."tenantId" = ${tenantId}::uuid AND a.source = 'tenantry' AND a.at >= ${from} AND a.at < ${to}`
  return rows[0] ?? { incidents: 0, changes: 0, comments: 0 }
}

export function findActions(
  db: Database,
  tenantId: string,
  { from, to }: Month,
  limit: number,
): Promise<ActionLine[]> {
  return db.deviceAction.findMany({
    where: { tenantId, createdAt: { gte: from, lt: to } },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: limit,
    select: {
      deviceName: true,
      type: true,
      status: true,
      comment: true,
      requestedBy: true,
      createdAt: true,
    },
  })
}

/** Hunts that asked the tenant, as long as they are kept. */
export async function countHunts(db: Database, tenantId: string, { from, to }: Month): Promise<HuntCounts> {
  const rows = await db.$queryRaw<HuntCounts[]>`
    SELECT count(*)::int AS hunts, count(*) FILTER (WHERE t.status = 'failed')::int AS failed,
      coalesce(sum(t."rowCount"), 0)::int AS rows
    FROM "HuntTask" t
    WHERE t."tenantId" = ${tenantId}::uuid AND t."finishedAt" >= ${from} AND t."finishedAt" < ${to}`
  return rows[0] ?? { hunts: 0, failed: 0, rows: 0 }
}

/** Schedules that ran over the tenant, with the rows that were new; most first. */
export function findScheduleFindings(
  db: Database,
  tenantId: string,
  { from, to }: Month,
  limit: number,
): Promise<FindingLine[]> {
  return db.$queryRaw<FindingLine[]>`
    SELECT s.name, count(*)::int AS runs,
      coalesce(sum(f."newCount") FILTER (WHERE NOT f."isBaseline" AND NOT f."isMuted"), 0)::int AS "newRows"
    FROM "ScheduleFinding" f
    JOIN "ScheduleRun" r ON r.id = f."runId"
    JOIN "Schedule" s ON s.id = r."scheduleId"
    WHERE f."tenantId" = ${tenantId}::uuid AND f.outcome = 'answered' AND r."createdAt" >= ${from} AND r."createdAt" < ${to}
    GROUP BY s.id, s.name ORDER BY "newRows" DESC, s.name LIMIT ${limit}`
}

/** What happened to the connection, oldest first; the ends of device actions stand elsewhere. */
export function findConnectionEvents(
  db: Database,
  tenantId: string,
  { from, to }: Month,
  limit: number,
): Promise<{ at: Date; type: string; detail: string | null }[]> {
  return db.tenantEvent.findMany({
    where: { tenantId, at: { gte: from, lt: to }, NOT: { type: { startsWith: 'device_' } } },
    orderBy: { id: 'asc' },
    take: limit,
    select: { at: true, type: true, detail: true },
  })
}
