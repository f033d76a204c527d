import { Prisma } from '../../generated/prisma/client.ts'
import type { Database } from '../../platform/database/index.ts'
import { storableText } from '../../platform/storable.ts'
import type { Actor } from '../actor.ts'
import { type ShownStatus, type TenantRecord, tenantInclude } from '../store.ts'
import { findSuspensionOfAll, notSuspended } from '../suspended-store.ts'
import { visibleTenants } from '../visible-store.ts'
import type { ListCursor } from './list-cursor.ts'

export type TenantFilters = {
  search?: string
  status?: ShownStatus
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

/** As it is shown. */
const shownStatus = Prisma.sql`CASE WHEN ${Prisma.raw(notSuspended('t.id'))} THEN t.status ELSE 'suspended' END`

type SortKey = { expression: Prisma.Sql; type: 'text' | 'bigint'; descending: boolean }

/** Sort expressions never yield null, so that a row comparison pages through all rows. */
const sorts: Record<TenantSort, SortKey> = {
  name: { expression: Prisma.sql`lower(t.name)`, type: 'text', descending: false },
  '-name': { expression: Prisma.sql`lower(t.name)`, type: 'text', descending: true },
  // Worst first: what needs somebody comes before what is well.
  status: {
    expression: Prisma.sql`array_position(ARRAY['suspended','disconnected','degraded','verifying','connected'], ${shownStatus})::bigint`,
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
  const [rows, all] = await Promise.all([
    db.tenant.findMany({ where: { id: { in: wanted.map(key => key.id) } }, include: tenantInclude }),
    findSuspensionOfAll(db),
  ])
  const byId = new Map(rows.map(row => [row.id, { ...row, suspension: all ?? row.suspension }]))
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
  const conditions: Prisma.Sql[] = [visibleTenants(actor)]
  if (filters.status) conditions.push(Prisma.sql`${shownStatus} = ${filters.status}`)
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
    SELECT ${shownStatus} AS value, count(*)::int AS count FROM "Tenant" t
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
