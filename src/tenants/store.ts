import { storableJson, storableText } from '../audit/storable.ts'
import type { Transaction } from '../audit/store.ts'
import type { Database } from '../database/index.ts'
import type { RemoteFailure } from '../errors.ts'
import { Prisma } from '../generated/prisma/client.ts'
import { type Actor, visibleTo } from './actor.ts'
import type { ListCursor } from './cursor.ts'
import { toStoredFailure } from './stored-failure.ts'

export type { Transaction } from '../audit/store.ts'
export type Connection = Database | Transaction

const include = {
  customer: true,
  surfaces: { orderBy: { surface: 'asc' } },
} as const satisfies Prisma.TenantInclude

/** A tenant with its customer and what its surfaces answered last. */
export type TenantRecord = Prisma.TenantGetPayload<{ include: typeof include }>
export type TenantChange = Prisma.TenantUncheckedUpdateManyInput
export type NewTenant = Prisma.TenantUncheckedCreateInput
export type TenantEventRecord = Prisma.TenantEventGetPayload<object>
export type CustomerRecord = Prisma.CustomerGetPayload<object>

export type TenantStatus = 'verifying' | 'connected' | 'degraded' | 'disconnected'

export function findTenant(db: Connection, tenantId: string, actor?: Actor): Promise<TenantRecord | null> {
  return db.tenant.findFirst({ where: { id: tenantId, ...(actor ? visibleTo(actor) : {}) }, include })
}

/** Lets nobody else decide about the tenant until the transaction ends. SQL, because Prisma takes no row locks. */
export async function lockTenant(tx: Transaction, tenantId: string): Promise<void> {
  await tx.$queryRaw`SELECT 1 FROM "Tenant" WHERE id = ${tenantId}::uuid FOR UPDATE`
}

export type TenantFilters = {
  search?: string
  status?: TenantStatus
  tag?: string
  customerId?: string
  errorCode?: string
  missingRole?: string
  /** Granted roles: any of the first, none of the second. */
  dependsOn?: { anyOf: readonly string[]; noneOf: readonly string[] }
}

export type TenantSort =
  | 'name'
  | '-name'
  | 'status'
  | 'lastSuccessAt'
  | '-lastSuccessAt'
  | 'consentedAt'
  | '-consentedAt'

type SortKey = { expression: Prisma.Sql; type: 'text' | 'bigint'; descending: boolean }

/** Sort expressions never yield null, so that a row comparison pages through all rows. */
const sorts: Record<TenantSort, SortKey> = {
  name: { expression: Prisma.sql`lower(t.name)`, type: 'text', descending: false },
  '-name': { expression: Prisma.sql`lower(t.name)`, type: 'text', descending: true },
  // Worst first: what needs somebody comes before what is well.
  status: {
    expression: Prisma.sql`array_position(ARRAY['disconnected','degraded','verifying','connected'], t.status)::bigint`,
    type: 'bigint',
    descending: false,
  },
  lastSuccessAt: timeSort(Prisma.sql`t."lastSuccessAt"`, false),
  '-lastSuccessAt': timeSort(Prisma.sql`t."lastSuccessAt"`, true),
  consentedAt: timeSort(Prisma.sql`t."consentedAt"`, false),
  '-consentedAt': timeSort(Prisma.sql`t."consentedAt"`, true),
}

function timeSort(column: Prisma.Sql, descending: boolean): SortKey {
  const expression = Prisma.sql`coalesce((extract(epoch FROM ${column}) * 1000)::bigint, 0)`
  return { expression, type: 'bigint', descending }
}

/** SQL, because Prisma compares neither rows nor expressions, and offsets would slow down with depth. */
export async function findTenantPage(
  db: Database,
  actor: Actor,
  filters: TenantFilters,
  sort: TenantSort,
  after: ListCursor | null,
  limit: number,
): Promise<{ tenants: TenantRecord[]; next: ListCursor | null }> {
  const { expression, type, descending } = sorts[sort]
  const conditions = tenantConditions(actor, filters)
  if (after) {
    const comparison = descending ? Prisma.sql`<` : Prisma.sql`>`
    const value = type === 'bigint' ? BigInt(after.value) : after.value
    conditions.push(
      Prisma.sql`(${expression}, t.id) ${comparison} (${value}::${Prisma.raw(type)}, ${after.id}::uuid)`,
    )
  }
  const direction = descending ? Prisma.sql`DESC` : Prisma.sql`ASC`
  const keys = await db.$queryRaw<{ id: string; value: string }[]>`
    SELECT t.id, (${expression})::text AS value FROM "Tenant" t
    WHERE ${Prisma.join(conditions, ' AND ')}
    ORDER BY ${expression} ${direction}, t.id ${direction} LIMIT ${limit + 1}`

  const wanted = keys.slice(0, limit)
  const rows = await db.tenant.findMany({ where: { id: { in: wanted.map(key => key.id) } }, include })
  const byId = new Map(rows.map(row => [row.id, row]))
  const last = wanted.at(-1)
  return {
    tenants: wanted.flatMap(key => byId.get(key.id) ?? []),
    next: keys.length > limit && last ? { sort, ...last } : null,
  }
}

/** How many tenants the filters leave, for the page's heading. */
export async function countTenants(db: Database, actor: Actor, filters: TenantFilters): Promise<number> {
  const [row] = await db.$queryRaw<{ count: number }[]>`
    SELECT count(*)::int AS count FROM "Tenant" t WHERE ${Prisma.join(tenantConditions(actor, filters), ' AND ')}`
  return row?.count ?? 0
}

function tenantConditions(actor: Actor, filters: TenantFilters): Prisma.Sql[] {
  const conditions: Prisma.Sql[] = [Prisma.sql`TRUE`]
  if (actor.limitedToTags.length > 0) conditions.push(Prisma.sql`t.tags && ${actor.limitedToTags}::text[]`)
  if (filters.status) conditions.push(Prisma.sql`t.status = ${filters.status}`)
  if (filters.tag) conditions.push(Prisma.sql`t.tags @> ARRAY[${storableText(filters.tag, 200)}::text]`)
  if (filters.customerId) conditions.push(Prisma.sql`t."customerId" = ${filters.customerId}::uuid`)
  if (filters.errorCode)
    conditions.push(Prisma.sql`t."lastError"->>'code' = ${storableText(filters.errorCode, 200)}`)
  if (filters.missingRole)
    conditions.push(Prisma.sql`t."rolesMissing" @> ARRAY[${storableText(filters.missingRole, 200)}::text]`)
  if (filters.dependsOn) {
    const { anyOf, noneOf } = filters.dependsOn
    conditions.push(Prisma.sql`t."rolesGranted" && ${[...anyOf]}::text[]`)
    conditions.push(Prisma.sql`NOT t."rolesGranted" && ${[...noneOf]}::text[]`)
  }
  const search = storableText(filters.search?.trim() ?? '', 200)
  if (search) {
    const pattern = `%${search.replace(/[\\%_]/g, '\\$&')}%`
    conditions.push(
      Prisma.sql`(t.name ILIKE ${pattern} OR t.domain ILIKE ${pattern} OR t.id::text ILIKE ${pattern})`,
    )
  }
  return conditions
}

export type Count = { value: string; count: number }

export function countByStatus(db: Database, actor: Actor): Promise<Count[]> {
  return db.$queryRaw<Count[]>`
    SELECT t.status AS value, count(*)::int AS count FROM "Tenant" t
    WHERE ${Prisma.join(tenantConditions(actor, {}), ' AND ')} GROUP BY 1`
}

export function countByTag(db: Database, actor: Actor): Promise<Count[]> {
  return db.$queryRaw<Count[]>`
    SELECT tag AS value, count(*)::int AS count FROM "Tenant" t, unnest(t.tags) tag
    WHERE ${Prisma.join(tenantConditions(actor, {}), ' AND ')} GROUP BY 1 ORDER BY 1`
}

/** With the time at which it was seen last. */
export type ErrorCount = Count & { lastAt: Date | null }

export function countByError(db: Database, actor: Actor): Promise<ErrorCount[]> {
  return db.$queryRaw<ErrorCount[]>`
    SELECT t."lastError"->>'code' AS value, count(*)::int AS count, max(t."lastErrorAt") AS "lastAt"
    FROM "Tenant" t
    WHERE ${Prisma.join(tenantConditions(actor, {}), ' AND ')} AND t."lastError"->>'code' IS NOT NULL
    GROUP BY 1 ORDER BY 2 DESC, 1`
}

export function countByMissingRole(db: Database, actor: Actor): Promise<Count[]> {
  return db.$queryRaw<Count[]>`
    SELECT role AS value, count(*)::int AS count FROM "Tenant" t, unnest(t."rolesMissing") role
    WHERE ${Prisma.join(tenantConditions(actor, {}), ' AND ')} GROUP BY 1 ORDER BY 2 DESC, 1`
}

/** Makes the row unless the tenant has one; two proofs at once leave one row. */
export async function createTenantIfAbsent(db: Connection, tenant: NewTenant): Promise<boolean> {
  const { count } = await db.tenant.createMany({ data: [tenant], skipDuplicates: true })
  return count === 1
}

/** @returns how many rows met the condition and were changed */
export async function updateTenant(
  db: Connection,
  tenantId: string,
  change: TenantChange,
  condition: Prisma.TenantWhereInput = {},
): Promise<number> {
  const { count } = await db.tenant.updateMany({ where: { ...condition, id: tenantId }, data: change })
  return count
}

export async function addTenantEvent(
  db: Connection,
  tenantId: string,
  event: { type: string; detail?: string | null; data?: Record<string, unknown>; at: Date },
): Promise<void> {
  await db.tenantEvent.create({
    data: {
      tenantId,
      at: event.at,
      type: event.type,
      detail: event.detail ? storableText(event.detail) : null,
      ...(event.data ? { data: storableJson(event.data) ?? {} } : {}),
    },
  })
}

export function findTenantEvents(
  db: Connection,
  tenantId: string,
  before: bigint | null,
  limit: number,
): Promise<TenantEventRecord[]> {
  return db.tenantEvent.findMany({
    where: { tenantId, ...(before === null ? {} : { id: { lt: before } }) },
    orderBy: { id: 'desc' },
    take: limit,
  })
}

/** The customer of that name, made when there is none. */
export async function ensureCustomer(db: Connection, name: string, nameKey: string): Promise<CustomerRecord> {
  await db.customer.createMany({ data: [{ name, nameKey }], skipDuplicates: true })
  return db.customer.findUniqueOrThrow({ where: { nameKey } })
}

/**
 * Removes the tenant with everything that hangs on it, its links included, and
 * the customer when nothing else is left of it. The audit has no foreign keys
 * and stays.
 */
export async function purgeTenant(tx: Transaction, tenantId: string, customerId: string): Promise<void> {
  await tx.invitation.deleteMany({ where: { OR: [{ tenantId }, { pinnedTenantId: tenantId, customerId }] } })
  await tx.connectLine.deleteMany({ where: { tenantId } })
  await tx.tenant.delete({ where: { id: tenantId } })
  await tx.quotaBucket.deleteMany({ where: { key: { contains: tenantId } } })
  await tx.customer.deleteMany({
    where: { id: customerId, tenants: { none: {} }, invitations: { none: {} } },
  })
}

/** A batch of tenants by id, for work over all of them. */
export function findTenantsAfter(db: Database, id: string | null, limit: number): Promise<TenantRecord[]> {
  return db.tenant.findMany({
    where: id ? { id: { gt: id } } : {},
    orderBy: { id: 'asc' },
    take: limit,
    include,
  })
}

/** A call that succeeded. */
export type SurfaceSuccess = { tenantId: string; surface: string; at: Date }

export function writeSurfaceSuccess(
  db: Connection,
  tenantId: string,
  surface: string,
  at: Date,
): Promise<void> {
  return writeSurfaceSuccesses(db, [{ tenantId, surface, at }])
}

/**
 * Calls succeeded, at most one per tenant. The tenant's error goes when this
 * surface had caused it, unless it is about missing roles, which only a check
 * of the token can clear, or came later.
 *
 * SQL, because many are written at once, a row may be gone (offboarded
 * meanwhile), and the error is compared and cleared in one step.
 */
export async function writeSurfaceSuccesses(db: Connection, successes: SurfaceSuccess[]): Promise<void> {
  // In one order everywhere: two such statements wait for one another, never for each other.
  const sorted = successes.toSorted((a, b) => (a.tenantId < b.tenantId ? -1 : 1))
  const ids = sorted.map(({ tenantId }) => tenantId)
  const surfaces = sorted.map(({ surface }) => surface)
  const times = sorted.map(({ at }) => at.toISOString())
  await db.$executeRaw`
    WITH told AS (
      SELECT * FROM unnest(${ids}::uuid[], ${surfaces}::text[], ${times}::timestamptz[]) AS o(tenant, surface, at)
    ), written AS (
      INSERT INTO "TenantSurface" ("tenantId", surface, status, "lastSuccessAt")
      SELECT t.id, o.surface, 'working', o.at FROM told o JOIN "Tenant" t ON t.id = o.tenant ORDER BY 1
      ON CONFLICT ("tenantId", surface) DO UPDATE
        SET status = 'working', "lastSuccessAt" = excluded."lastSuccessAt", "lastError" = NULL, "lastErrorAt" = NULL
        WHERE coalesce("TenantSurface"."lastErrorAt" <= excluded."lastSuccessAt", TRUE)
    )
    UPDATE "Tenant" t SET "lastSuccessAt" = o.at,
      "lastError" = CASE WHEN t."lastError"->>'service' = o.surface AND t."lastError"->>'code' <> 'role_missing'
        AND NOT coalesce((t."lastError"->>'permanent')::boolean, false)
        AND coalesce(t."lastErrorAt" <= o.at, TRUE) THEN NULL ELSE t."lastError" END
    FROM told o WHERE t.id = o.tenant`
}

/**
 * A call failed. A passing failure does not take the place of one that only
 * people can end: the next success would clear it, and with it the reason why
 * the tenant is not well. Same reason for SQL as above.
 */
export async function writeSurfaceFailure(
  db: Connection,
  tenantId: string,
  surface: string,
  failure: RemoteFailure,
  at: Date,
): Promise<void> {
  const stored = JSON.stringify(toStoredFailure(failure))
  await db.$executeRaw`
    INSERT INTO "TenantSurface" ("tenantId", surface, status, "lastError", "lastErrorAt")
    SELECT id, ${surface}, 'failing', ${stored}::jsonb, ${at} FROM "Tenant" WHERE id = ${tenantId}::uuid
    ON CONFLICT ("tenantId", surface) DO UPDATE
      SET status = 'failing', "lastError" = excluded."lastError", "lastErrorAt" = excluded."lastErrorAt"`
  await db.$executeRaw`
    UPDATE "Tenant" SET "lastError" = ${stored}::jsonb, "lastErrorAt" = ${at} WHERE id = ${tenantId}::uuid
      AND (${failure.permanent} OR NOT coalesce(("lastError"->>'permanent')::boolean, false))`
}

/** A surface on which nothing rides any more. */
export async function writeSurfaceUnused(db: Connection, tenantId: string, surface: string): Promise<void> {
  await db.tenantSurface.updateMany({
    where: { tenantId, surface },
    data: { status: 'unused', lastError: Prisma.DbNull, lastErrorAt: null },
  })
}

/** Clears or sets the tenant's JSON error in a change. */
export function errorColumns(failure: RemoteFailure | null, at: Date): TenantChange {
  return failure
    ? { lastError: toStoredFailure(failure), lastErrorAt: at }
    : { lastError: Prisma.DbNull, lastErrorAt: null }
}

/**
 * Begins a verification: jobs of older runs do nothing from here on.
 *
 * @returns the number of the new run
 */
export async function beginVerificationRun(tx: Connection, tenantId: string, at: Date): Promise<number> {
  const { verificationRun } = await tx.tenant.update({
    where: { id: tenantId },
    data: {
      verificationRun: { increment: 1 },
      verificationStartedAt: at,
      verificationAttempts: 0,
      verificationNextAt: at,
    },
    select: { verificationRun: true },
  })
  return verificationRun
}

/** Verifications whose next try is overdue, because the process that should have made it died. */
export function findStrandedVerifications(
  db: Database,
  before: Date,
  limit: number,
): Promise<{ id: string; verificationRun: number }[]> {
  return db.tenant.findMany({
    where: { verificationNextAt: { lt: before } },
    select: { id: true, verificationRun: true },
    orderBy: { verificationNextAt: 'asc' },
    take: limit,
  })
}

/**
 * Takes tenants whose daily check is due. The next one is set before the
 * check, so that a tenant whose check always fails does not keep the others
 * waiting. SQL for SKIP LOCKED: many workers take different tenants.
 */
export async function claimDueChecks(db: Database, now: Date, limit: number): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    UPDATE "Tenant" SET "nextCheckAt" = ${now}::timestamptz + interval '24 hours'
    WHERE id IN (
      SELECT id FROM "Tenant" WHERE "nextCheckAt" <= ${now} AND "verificationNextAt" IS NULL
      ORDER BY "nextCheckAt" LIMIT ${limit} FOR UPDATE SKIP LOCKED)
    RETURNING id`
  return rows.map(row => row.id)
}
