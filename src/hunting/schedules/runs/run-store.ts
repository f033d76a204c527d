import type { Transaction } from '../../../audit/store.ts'
import type { Failure } from '../../../errors.ts'
import { Prisma } from '../../../generated/prisma/client.ts'
import type { Database } from '../../../platform/database/index.ts'
import { type Actor, visibleTo } from '../../../tenants/actor.ts'
import { isEverythingSuspended } from '../../../tenants/suspended-store.ts'
import { visibleTenants } from '../../../tenants/visible-store.ts'
import { expectedFailures } from '../../hunts/coverage.ts'
import type { Connection } from '../store.ts'

const withSchedule = {
  schedule: { include: { savedQuery: { select: { id: true, name: true } } } },
} as const satisfies Prisma.ScheduleRunInclude

export type RunRecord = Prisma.ScheduleRunGetPayload<object>
export type RunWithSchedule = Prisma.ScheduleRunGetPayload<{ include: typeof withSchedule }>
export type FindingRecord = Omit<Prisma.ScheduleFindingGetPayload<object>, 'rows'>
export type DueSchedule = Prisma.ScheduleGetPayload<object>

/** Schedules whose time has come and that do not run. While everything is suspended none is: one run makes up for it afterwards. */
export async function findDue(db: Database, now: Date): Promise<DueSchedule[]> {
  if (await isEverythingSuspended(db)) return []
  return db.schedule.findMany({
    where: { enabled: true, nextRunAt: { lte: now }, openRunId: null },
    orderBy: { nextRunAt: 'asc' },
    take: 200,
  })
}

/**
 * Begins a run, if the schedule is still as it was found and runs nowhere
 * else. The schedule is locked before the run that refers to it is written:
 * the other way round two processes wait for one another for good. SQL, as
 * Prisma has no row locks.
 *
 * @returns the run's id; null when another process was faster
 */
export async function openRun(
  tx: Transaction,
  { id: scheduleId, nextRunAt: due, queryVersion }: Pick<DueSchedule, 'id' | 'nextRunAt' | 'queryVersion'>,
  run: { dueAt: Date | null; nextRunAt: Date | null; missedRuns: number; startedBy: string },
): Promise<string | null> {
  const { dueAt, missedRuns, startedBy, nextRunAt } = run
  const asFound = dueAt ? Prisma.sql`AND enabled AND "nextRunAt" = ${due}` : Prisma.empty
  const locked = await tx.$queryRaw<object[]>`
    SELECT id FROM "Schedule" WHERE id = ${scheduleId}::uuid AND "openRunId" IS NULL ${asFound} FOR UPDATE`
  if (locked.length === 0) return null
  const { id } = await tx.scheduleRun.create({
    data: { scheduleId, status: 'starting', queryVersion, dueAt, missedRuns, startedBy },
    select: { id: true },
  })
  await tx.schedule.update({
    where: { id: scheduleId },
    data: { openRunId: id, ...(dueAt && { nextRunAt }) },
  })
  return id
}

export function findRun(db: Connection, id: string): Promise<RunWithSchedule | null> {
  return db.scheduleRun.findUnique({ where: { id }, include: withSchedule })
}

/** Runs that have not ended. */
export async function findOpenRuns(db: Database): Promise<string[]> {
  const rows = await db.scheduleRun.findMany({
    where: { status: { in: ['starting', 'hunting'] } },
    select: { id: true },
  })
  return rows.map(({ id }) => id)
}

/**
 * The hunt that a run made before its process died: the schedule's only one
 * that belongs to no run, as one run is open at a time. SQL, for its "not
 * exists".
 */
export async function findHuntOf(db: Database, run: RunRecord): Promise<string | null> {
  const [hunt] = await db.$queryRaw<{ id: string }[]>`
    SELECT h.id FROM "Hunt" h WHERE h."scheduleId" = ${run.scheduleId}::uuid
      AND NOT EXISTS (SELECT 1 FROM "ScheduleRun" r WHERE r."scheduleId" = h."scheduleId" AND r."huntId" = h.id)
    ORDER BY h.id DESC LIMIT 1`
  return hunt?.id ?? null
}

/**
 * Does the first step of a run, unless another process is at it. SQL, because
 * Prisma has no advisory locks.
 */
export async function beginAlone(db: Database, runId: string, begin: () => Promise<void>): Promise<void> {
  await db.$transaction(
    async tx => {
      const [lock] = await tx.$queryRaw<{ taken: boolean }[]>`
        SELECT pg_try_advisory_xact_lock(hashtext('tenantry.schedule-run'), hashtext(${runId})) AS taken`
      if (lock?.taken) await begin()
    },
    { timeout: 120_000, maxWait: 60_000 },
  )
}

export async function setHunt(db: Connection, runId: string, huntId: string): Promise<void> {
  await db.scheduleRun.updateMany({
    where: { id: runId, status: 'starting' },
    data: { status: 'hunting', huntId },
  })
}

/** @returns false when the run had ended before */
export async function endRun(
  tx: Transaction,
  run: Pick<RunRecord, 'id' | 'scheduleId'>,
  end: {
    status: 'done' | 'failed'
    now: Date
    newRows?: number
    tenantCount?: number
    answeredCount?: number
    error?: Failure | null
  },
): Promise<boolean> {
  const { status, now, newRows = 0, tenantCount = 0, answeredCount = 0, error } = end
  const { count } = await tx.scheduleRun.updateMany({
    where: { id: run.id, status: { in: ['starting', 'hunting'] } },
    data: {
      status,
      finishedAt: now,
      newRows,
      tenantCount,
      answeredCount,
      ...(error && { error }),
    },
  })
  if (count !== 1) return false
  await tx.schedule.updateMany({
    where: { id: run.scheduleId, openRunId: run.id },
    data: { openRunId: null },
  })
  return true
}

/** Newest first. */
export function findRuns(
  db: Database,
  scheduleId: string,
  before: string | null,
  limit: number,
): Promise<RunRecord[]> {
  return db.scheduleRun.findMany({
    where: { scheduleId, ...(before && { id: { lt: before } }) },
    orderBy: { id: 'desc' },
    take: limit,
  })
}

/** The last run of each schedule. SQL, as Prisma has no way to ask for the first of each group in one call. */
export function findLastRuns(db: Database, scheduleIds: string[]): Promise<RunRecord[]> {
  return db.$queryRaw<RunRecord[]>`
    SELECT DISTINCT ON (r."scheduleId") r.* FROM "ScheduleRun" r
    WHERE r."scheduleId" = ANY(${scheduleIds}::uuid[]) ORDER BY r."scheduleId", r.id DESC`
}

export type FindingCounts = {
  runId: string
  asked: number
  answered: number
  failed: number
  cannotAnswer: number
  truncated: number
  withNew: number
  newRows: number
  mutedRows: number
  baselineRows: number
}

/** What came of runs, over the tenants that the actor may see. SQL, for its filtered counts. */
export function countFindings(db: Connection, actor: Actor, runIds: string[]): Promise<FindingCounts[]> {
  return db.$queryRaw<FindingCounts[]>`
    SELECT f."runId",
      count(*)::int AS asked,
      count(*) FILTER (WHERE f.outcome = 'answered')::int AS answered,
      count(*) FILTER (WHERE f.outcome <> 'answered')::int AS failed,
      count(*) FILTER (WHERE f.outcome = 'failed' AND f.error->>'code' = ANY (${[...expectedFailures]}))::int
        AS "cannotAnswer",
      count(*) FILTER (WHERE f.truncated)::int AS truncated,
      count(*) FILTER (WHERE f."newCount" > 0 AND NOT f."isBaseline")::int AS "withNew",
      coalesce(sum(f."newCount") FILTER (WHERE NOT f."isBaseline"), 0)::float8 AS "newRows",
      coalesce(sum(f."newCount") FILTER (WHERE f."isMuted" AND NOT f."isBaseline"), 0)::float8 AS "mutedRows",
      coalesce(sum(f."newCount") FILTER (WHERE f."isBaseline"), 0)::float8 AS "baselineRows"
    FROM "ScheduleFinding" f JOIN "Tenant" t ON t.id = f."tenantId" AND ${visibleTenants(actor)}
    WHERE f."runId" = ANY(${runIds}::uuid[]) GROUP BY 1`
}

/** What each tenant answered, those with most news first. */
export function findFindings(db: Connection, actor: Actor, runId: string): Promise<FindingRecord[]> {
  return db.scheduleFinding.findMany({
    where: { runId, tenant: visibleTo(actor) },
    orderBy: [{ newCount: 'desc' }, { tenantName: 'asc' }, { tenantId: 'asc' }],
    omit: { rows: true },
  })
}

/** New rows that are kept, packed, by the tenant's name. One tenant at a time: `after` is the last one's place. */
export async function* findNewRows(
  db: Database,
  actor: Actor,
  runId: string,
): AsyncGenerator<{ tenantId: string; tenantName: string; rows: Uint8Array }> {
  const tenants = await db.scheduleFinding.findMany({
    where: { runId, keptCount: { gt: 0 }, tenant: visibleTo(actor) },
    orderBy: [{ tenantName: 'asc' }, { tenantId: 'asc' }],
    select: { tenantId: true, tenantName: true },
  })
  for (const { tenantId, tenantName } of tenants) {
    const found = await db.scheduleFinding.findUnique({
      where: { runId_tenantId: { runId, tenantId } },
      select: { rows: true },
    })
    if (found?.rows) yield { tenantId, tenantName, rows: found.rows }
  }
}
