import { storableText } from '../../audit/storable.ts'
import type { Transaction } from '../../audit/store.ts'
import type { Database } from '../../database/index.ts'
import type { RemoteFailure } from '../../errors.ts'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Actor } from '../../tenants/actor.ts'
import { toStoredFailure } from '../../tenants/stored-failure.ts'
import type { HuntSelection, TenantChoice } from './model.ts'

export type { Transaction } from '../../audit/store.ts'
export type HuntRecord = Prisma.HuntGetPayload<object>

/** Tenants that the actor may see and that were chosen, as a condition on `t`. */
function chosen(actor: Actor, choice: TenantChoice): Prisma.Sql {
  const conditions = [visible(actor)]
  if (choice !== 'all' && 'tag' in choice) {
    conditions.push(Prisma.sql`t.tags @> ARRAY[${storableText(choice.tag, 200)}::text]`)
  } else if (choice !== 'all') {
    conditions.push(Prisma.sql`t.id = ANY(${[...choice]}::uuid[])`)
  }
  return Prisma.join(conditions, ' AND ')
}

/** SQL's form of `visibleTo`, on the tenant `t`. */
export function visible(actor: Actor): Prisma.Sql {
  return actor.limitedToTags.length > 0
    ? Prisma.sql`t.tags && ${actor.limitedToTags}::text[]`
    : Prisma.sql`TRUE`
}

export type Candidate = { id: string; name: string; status: string; roles: string[]; lastError: unknown }

/** The chosen tenants by name. SQL, as for all that follows: tags are compared as arrays. */
export function findChosen(
  db: Database | Transaction,
  actor: Actor,
  choice: TenantChoice,
): Promise<Candidate[]> {
  return db.$queryRaw<Candidate[]>`
    SELECT t.id, t.name, t.status, t."rolesGranted" AS roles,
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
      visibleTags: hunt.actor.limitedToTags,
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
 * failed at birth, with their reason.
 *
 * @returns how many tasks there are, and how many of them wait for their call
 */
export async function createTasks(
  tx: Transaction,
  huntId: string,
  actor: Actor,
  choice: TenantChoice,
  refused: { tenantId: string; failure: RemoteFailure }[],
): Promise<{ total: number; open: number }> {
  const ids = refused.map(({ tenantId }) => tenantId)
  const failures = refused.map(({ failure }) => JSON.stringify(toStoredFailure(failure)))
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
  if (actor.limitedToTags.length === 0) return Prisma.sql`TRUE`
  return Prisma.sql`(h."createdById" = ${actor.id} OR EXISTS (
    SELECT 1 FROM "HuntTask" k JOIN "Tenant" t ON t.id = k."tenantId" WHERE k."huntId" = h.id AND ${visible(actor)}))`
}

export async function findHunt(db: Database, actor: Actor, id: string): Promise<HuntRecord | null> {
  const [row] = await db.$queryRaw<HuntRecord[]>`
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
): Promise<HuntRecord[]> {
  const conditions = [huntVisible(actor)]
  if (before) conditions.push(Prisma.sql`h.id < ${before}::uuid`)
  if (filters.createdById) conditions.push(Prisma.sql`h."createdById" = ${filters.createdById}`)
  const search = storableText(filters.search?.trim() ?? '', 200)
  if (search) {
    const pattern = `%${search.replace(/[\\%_]/g, '\\$&')}%`
    conditions.push(Prisma.sql`(h.name ILIKE ${pattern} OR h.query ILIKE ${pattern})`)
  }
  return db.$queryRaw<HuntRecord[]>`
    SELECT h.* FROM "Hunt" h WHERE ${Prisma.join(conditions, ' AND ')} ORDER BY h.id DESC LIMIT ${limit}`
}

export type CountRow = { huntId: string; status: string; tasks: number; rows: number }

/** Tasks and rows by status, over the tenants that the actor may see. */
export function countTasks(db: Database, actor: Actor, huntIds: string[]): Promise<CountRow[]> {
  const join =
    actor.limitedToTags.length > 0
      ? Prisma.sql`JOIN "Tenant" t ON t.id = k."tenantId" AND ${visible(actor)}`
      : Prisma.empty
  return db.$queryRaw<CountRow[]>`
    SELECT k."huntId", k.status, count(*)::int AS tasks, sum(k."rowCount")::float8 AS rows
    FROM "HuntTask" k ${join} WHERE k."huntId" = ANY(${huntIds}::uuid[]) GROUP BY 1, 2`
}

export type TaskRecord = Omit<Prisma.HuntTaskGetPayload<object>, 'columns'>

/** The tasks of a hunt in the order of its result: by the tenant's name, then id. */
export function findTasks(db: Database, actor: Actor, huntId: string): Promise<TaskRecord[]> {
  return db.$queryRaw<TaskRecord[]>`
    SELECT k."huntId", k."tenantId", k."tenantName", k.status, k.attempts, k."notBefore", k."startedAt",
      k."finishedAt", k."durationMs", k."rowCount", k.truncated, k.slices, k.error, k.surface
    FROM "HuntTask" k JOIN "Tenant" t ON t.id = k."tenantId"
    WHERE k."huntId" = ${huntId}::uuid AND ${visible(actor)} ORDER BY k."tenantName", k."tenantId"`
}

/**
 * Ends a hunt at once: what was written stays, what is under way is not
 * waited for. A tenant of which some spans came counts as answered and cut.
 *
 * @returns false when it was over already
 */
export async function cancelHunt(tx: Transaction, id: string, failure: RemoteFailure): Promise<boolean> {
  const stored = JSON.stringify(toStoredFailure(failure))
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
  if (actor.limitedToTags.length === 0) return false
  const [row] = await db.$queryRaw<{ hidden: boolean }[]>`
    SELECT EXISTS (SELECT 1 FROM "HuntTask" k JOIN "Tenant" t ON t.id = k."tenantId"
      WHERE k."huntId" = ${huntId}::uuid AND NOT (${visible(actor)})) AS hidden`
  return row?.hidden ?? false
}

/** Sends a notice when the transaction commits. */
export async function notify(tx: Transaction | Database, payload: object): Promise<void> {
  await tx.$queryRaw`SELECT pg_notify('tenantry_hunts', ${JSON.stringify(payload)})::text`
}
