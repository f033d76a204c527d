import type { Transaction } from '../../audit/store.ts'
import type { Failure } from '../../errors.ts'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Database } from '../../platform/database/index.ts'
import { storableText } from '../../platform/storable.ts'
import { type Actor, isLimited } from '../../tenants/actor.ts'
import { notSuspended } from '../../tenants/suspended-store.ts'
import { visibleTenants } from '../../tenants/visible-store.ts'
import type { HuntSelection, TenantChoice } from './model.ts'

export type { Transaction } from '../../audit/store.ts'
export type HuntRow = Prisma.HuntGetPayload<object>

/** Tenants that the actor may see and that were chosen, as a condition on `t`. */
function chosen(actor: Actor, choice: TenantChoice): Prisma.Sql {
  const conditions = [visibleTenants(actor)]
  if (choice !== 'all' && 'tag' in choice) {
    conditions.push(Prisma.sql`t.tags @> ARRAY[${storableText(choice.tag, 200)}::text]`)
  } else if (choice !== 'all') {
    conditions.push(Prisma.sql`t.id = ANY(${[...choice]}::uuid[])`)
  }
  return Prisma.join(conditions, ' AND ')
}

export type ChosenTenant = {
  id: string
  name: string
  status: string
  isSuspended: boolean
  roles: string[]
  lastError: unknown
}

/** The chosen tenants by name. SQL, as for all that follows: tags are compared as arrays. */
export function findChosen(
  db: Database | Transaction,
  actor: Actor,
  choice: TenantChoice,
): Promise<ChosenTenant[]> {
  return db.$queryRaw<ChosenTenant[]>`
    SELECT t.id, t.name, t.status, NOT ${Prisma.raw(notSuspended('t.id'))} AS "isSuspended", t."rolesGranted" AS roles,
      CASE WHEN t.status = 'disconnected' THEN t."lastError" END AS "lastError"
    FROM "Tenant" t WHERE ${chosen(actor, choice)} ORDER BY lower(t.name), t.id`
}

export type NewHunt = {
  name: string | null
  query: string
  timespan: string | null
  selection: HuntSelection
  tables: string[]
  actor: Actor
  deadlineMs: number
  keepDays: number
  savedQueryId: string | null
  scheduleId: string | null
}

/** The hunt's row; its times are the database's. */
export async function createHunt(tx: Transaction, hunt: NewHunt): Promise<string> {
  const [times] = await tx.$queryRaw<{ now: Date }[]>`SELECT now() AS now`
  const now = times?.now ?? new Date()
  const { id } = await tx.hunt.create({
    data: {
      name: hunt.name,
      query: hunt.query,
      timespan: hunt.timespan,
      status: 'queued',
      selection: hunt.selection,
      tables: hunt.tables,
      createdById: hunt.actor.id,
      createdBy: hunt.actor.label,
      savedQueryId: hunt.savedQueryId,
      scheduleId: hunt.scheduleId,
      createdAt: now,
      deadlineAt: new Date(now.getTime() + hunt.deadlineMs),
      keepUntil: new Date(now.getTime() + hunt.keepDays * 86_400_000),
    },
    select: { id: true },
  })
  return id
}

/**
 * A task per chosen tenant in one statement; those that cannot answer are
 * created as failed, with their reason.
 *
 * @returns how many tasks there are, and how many of them wait for their call
 */
export async function createTasks(
  tx: Transaction,
  huntId: string,
  actor: Actor,
  choice: TenantChoice,
  refused: { tenantId: string; failure: Failure }[],
): Promise<{ total: number; open: number }> {
  const ids = refused.map(({ tenantId }) => tenantId)
  const failures = refused.map(({ failure }) => JSON.stringify(failure))
  const [counts] = await tx.$queryRaw<{ total: number; open: number }[]>`
    WITH made AS (
      INSERT INTO "HuntTask" ("huntId", "tenantId", "tenantName", status, "notBefore", "finishedAt", error)
      SELECT ${huntId}::uuid, t.id, t.name, CASE WHEN r.id IS NULL THEN 'queued' ELSE 'failed' END, now(),
        CASE WHEN r.id IS NULL THEN NULL ELSE now() END, r.failure::jsonb
      FROM "Tenant" t
      LEFT JOIN unnest(${ids}::uuid[], ${failures}::text[]) AS r(id, failure) ON r.id = t.id
      WHERE ${chosen(actor, choice)}
      RETURNING status)
    SELECT count(*)::int AS total, count(*) FILTER (WHERE status = 'queued')::int AS open FROM made`
  return counts ?? { total: 0, open: 0 }
}

/** A hunt of which the actor may see anything: all, its own, or one with a tenant it may see. */
function huntVisible(actor: Actor): Prisma.Sql {
  if (!isLimited(actor)) return Prisma.sql`TRUE`
  return Prisma.sql`(h."createdById" = ${actor.id} OR EXISTS (
    SELECT 1 FROM "HuntTask" k JOIN "Tenant" t ON t.id = k."tenantId" WHERE k."huntId" = h.id AND ${visibleTenants(actor)}))`
}

export async function findHunt(db: Database, actor: Actor, id: string): Promise<HuntRow | null> {
  const [row] = await db.$queryRaw<HuntRow[]>`
    SELECT h.* FROM "Hunt" h WHERE h.id = ${id}::uuid AND ${huntVisible(actor)}`
  return row ?? null
}

/** Newest first; ids are in the order of time. */
export function findHunts(
  db: Database,
  actor: Actor,
  filters: { search?: string; createdById?: string },
  before: string | null,
  limit: number,
): Promise<HuntRow[]> {
  const conditions = [huntVisible(actor)]
  if (before) conditions.push(Prisma.sql`h.id < ${before}::uuid`)
  if (filters.createdById) conditions.push(Prisma.sql`h."createdById" = ${filters.createdById}`)
  const search = storableText(filters.search?.trim() ?? '', 200)
  if (search) {
    const pattern = `%${search.replace(/[\\%_]/g, '\\$&')}%`
    conditions.push(Prisma.sql`(h.name ILIKE ${pattern} OR h.query ILIKE ${pattern})`)
  }
  return db.$queryRaw<HuntRow[]>`
    SELECT h.* FROM "Hunt" h WHERE ${Prisma.join(conditions, ' AND ')} ORDER BY h.id DESC LIMIT ${limit}`
}

export type CountRow = { huntId: string; status: string; tasks: number; rows: number }

/** Tasks and rows by status, over the tenants that the actor may see. */
export function countTasks(db: Database, actor: Actor, huntIds: string[]): Promise<CountRow[]> {
  const join = isLimited(actor)
    ? Prisma.sql`JOIN "Tenant" t ON t.id = k."tenantId" AND ${visibleTenants(actor)}`
    : Prisma.empty
  return db.$queryRaw<CountRow[]>`
    SELECT k."huntId", k.status, count(*)::int AS tasks, sum(k."rowCount")::float8 AS rows
    FROM "HuntTask" k ${join} WHERE k."huntId" = ANY(${huntIds}::uuid[]) GROUP BY 1, 2`
}

export type HuntTaskRow = Omit<Prisma.HuntTaskGetPayload<object>, 'columns'>

/**
 * The tasks of a hunt in the order of its result: by the tenant's name, then id.
 *
 * @param since only those under way, or ended after it; null: all
 */
export function findTasks(
  db: Database,
  actor: Actor,
  huntId: string,
  since: Date | null = null,
): Promise<HuntTaskRow[]> {
  const moved = since
    ? Prisma.sql`(k.status IN ('running', 'waiting') OR k."startedAt" >= ${since} OR k."finishedAt" >= ${since})`
    : Prisma.sql`TRUE`
  return db.$queryRaw<HuntTaskRow[]>`
    SELECT k."huntId", k."tenantId", k."tenantName", k.status, k.attempts, k."notBefore", k."startedAt",
      k."finishedAt", k."durationMs", k."rowCount", k.truncated, k.slices, k.error, k.surface
    FROM "HuntTask" k JOIN "Tenant" t ON t.id = k."tenantId"
    WHERE k."huntId" = ${huntId}::uuid AND ${visibleTenants(actor)} AND ${moved} ORDER BY k."tenantName", k."tenantId"`
}

/** Tenants whose answer is still missing, those asked for longest first. */
export function findAwaited(
  db: Database,
  actor: Actor,
  huntId: string,
  limit: number,
): Promise<AwaitedRow[]> {
  return db.$queryRaw<AwaitedRow[]>`
    SELECT k."tenantId", k."tenantName", k.status, k."startedAt", k."notBefore"
    FROM "HuntTask" k JOIN "Tenant" t ON t.id = k."tenantId"
    WHERE k."huntId" = ${huntId}::uuid AND ${visibleTenants(actor)} AND k.status IN ('running', 'waiting', 'queued')
    ORDER BY array_position(ARRAY['running', 'waiting', 'queued'], k.status), k."startedAt", k."tenantName"
    LIMIT ${limit}`
}

export type AwaitedRow = Pick<HuntTaskRow, 'tenantId' | 'tenantName' | 'status' | 'startedAt' | 'notBefore'>

/** The database's clock. */
export async function databaseTime(db: Database): Promise<Date> {
  const [row] = await db.$queryRaw<{ now: Date }[]>`SELECT clock_timestamp() AS now`
  return row?.now ?? new Date()
}

/**
 * Ends a hunt at once: what was written stays, what is under way is not
 * waited for. A tenant of which some spans came counts as answered and cut.
 *
 * @returns false when it was over already
 */
export async function cancelHunt(tx: Transaction, id: string, failure: Failure): Promise<boolean> {
  const stored = JSON.stringify(failure)
  const count = await tx.$executeRaw`
    UPDATE "Hunt" SET status = 'canceled', "canceledAt" = now(), "finishedAt" = now(),
      "startedAt" = coalesce("startedAt", now())
    WHERE id = ${id}::uuid AND status IN ('queued', 'running')`
  if (count === 0) return false
  await tx.$executeRaw`
    UPDATE "HuntTask" SET "finishedAt" = now(), "claimedBy" = NULL, "leaseUntil" = NULL,
      status = CASE WHEN slices->'done'->0 IS NULL THEN 'canceled' ELSE 'succeeded' END,
      truncated = slices->'done'->0 IS NOT NULL,
      error = CASE WHEN slices->'done'->0 IS NULL THEN NULL ELSE ${stored}::jsonb END
    WHERE "huntId" = ${id}::uuid AND status IN ('queued', 'running', 'waiting')`
  return true
}

/** Whether the hunt asked tenants that the actor may not see. */
export async function hasHiddenTenants(db: Database, actor: Actor, huntId: string): Promise<boolean> {
  if (!isLimited(actor)) return false
  const [row] = await db.$queryRaw<{ hidden: boolean }[]>`
    SELECT EXISTS (SELECT 1 FROM "HuntTask" k JOIN "Tenant" t ON t.id = k."tenantId"
      WHERE k."huntId" = ${huntId}::uuid AND NOT (${visibleTenants(actor)})) AS hidden`
  return row?.hidden ?? false
}

/** Tenants of a hunt that the actor may see. */
export async function findVisibleTenants(db: Database, actor: Actor, huntId: string): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT t.id FROM "HuntTask" k JOIN "Tenant" t ON t.id = k."tenantId"
    WHERE k."huntId" = ${huntId}::uuid AND ${visibleTenants(actor)}`
  return rows.map(({ id }) => id)
}

/** Removes hunts whose time is over, with everything that hangs on them. */
export async function removeExpiredHunts(db: Database, limit: number): Promise<number> {
  return db.$executeRaw`
    DELETE FROM "Hunt" WHERE id IN (
      SELECT id FROM "Hunt" WHERE "keepUntil" < now() AND status NOT IN ('queued', 'running') LIMIT ${limit})`
}

/** Which of these hunts there still are. */
export async function findExisting(db: Database, huntIds: string[]): Promise<Set<string>> {
  const rows = await db.hunt.findMany({ where: { id: { in: huntIds } }, select: { id: true } })
  return new Set(rows.map(({ id }) => id))
}

/**
 * Gives hunts back the time that a suspension took from them: what was left of
 * it when the suspension began, or when the hunt was made.
 *
 * @param tenantId null: everything was suspended
 */
export async function giveTimeBack(tx: Transaction, tenantId: string | null, since: Date): Promise<void> {
  const ofTenant = tenantId === null ? Prisma.sql`TRUE` : Prisma.sql`t."tenantId" = ${tenantId}::uuid`
  await tx.$executeRaw`
    UPDATE "Hunt" h
    SET "deadlineAt" = greatest(h."deadlineAt", now() + (h."deadlineAt" - greatest(h."createdAt", ${since}::timestamptz)))
    WHERE h.status IN ('queued', 'running') AND EXISTS (
      SELECT 1 FROM "HuntTask" t WHERE t."huntId" = h.id AND t.status IN ('queued', 'waiting', 'running') AND ${ofTenant})`
}
