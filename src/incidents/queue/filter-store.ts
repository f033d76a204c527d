import { createHash } from 'node:crypto'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Database } from '../../platform/database/index.ts'
import { storableText } from '../../platform/storable.ts'
import { type Actor, isLimited } from '../../tenants/actor.ts'
import { visibleTenants } from '../../tenants/visible-store.ts'
import { assigneeKeyOf, severityRankOf } from '../columns.ts'
import { readIncidentId } from '../incident-id.ts'
import { type IncidentFilters, openStatuses } from '../model.ts'
import { searchQuery } from '../title-words.ts'

/**
 * The tenants that a query is about: what the actor may see, narrowed by the
 * filters on tenants. Null: every tenant there is.
 */
export type TenantScope = readonly string[] | null

/** SQL, for one row whatever the number of tenants. */
export async function findScope(
  db: Database,
  actor: Actor,
  { tenants, tag }: Pick<IncidentFilters, 'tenants' | 'tag'>,
): Promise<TenantScope> {
  const conditions: Prisma.Sql[] = []
  if (isLimited(actor)) conditions.push(visibleTenants(actor))
  if (tenants !== undefined) conditions.push(Prisma.sql`t.id = ANY(${[...tenants]}::uuid[])`)
  if (tag !== undefined) conditions.push(Prisma.sql`t.tags @> ARRAY[${storableText(tag, 200)}::text]`)
  if (conditions.length === 0) return null
  const rows = await db.$queryRaw<{ ids: string | null }[]>`
    SELECT string_agg(t.id::text, ',') AS ids FROM "Tenant" t WHERE ${Prisma.join(conditions, ' AND ')}`
  return rows[0]?.ids?.split(',') ?? []
}

/** More tenants are looked up in a hash table. */
const listedAtMost = 300

/**
 * Incidents of the tenants, for a walk through the queue in its order. For 500
 * tenants as an array the planner took 2.5 ms, more than the walk; as a
 * sub-select that it may not turn into a join they are one hash table. Where
 * an index by tenant is faster than a walk, the array is right.
 */
export function walkedIn(scope: readonly string[]): Prisma.Sql {
  if (scope.length <= listedAtMost) return Prisma.sql`i."tenantId" = ANY(${[...scope]}::uuid[])`
  const hashed = Prisma.sql`SELECT unnest(string_to_array(${scope.join()}, ',')::uuid[])`
  return Prisma.sql`(i."tenantId" IN (${hashed})) IS TRUE`
}

/** One text for one set of tenants: for somebody whose tenants change it is another one. */
export function scopeKey(scope: TenantScope): string {
  if (scope === null) return 'all'
  return createHash('sha256').update(scope.toSorted().join()).digest('base64url')
}

/** Filters as SQL on `"Incident" i`, apart by how they are looked up. */
export type Conditions = {
  /** What an index in the queue's order leads to. */
  base: Prisma.Sql[]
  /** What is found by an inverted index, wherever in the order it is. */
  found: Prisma.Sql[]
}

/**
 * The filters as SQL. SQL, because Prisma knows neither the words of titles nor
 * row comparisons, and chooses joins of its own.
 */
export function conditionsOf(filters: IncidentFilters): Conditions {
  const { statuses, isDeleted = false, severities, assignedTo } = filters
  const conditions = [partOf(statuses, isDeleted)]
  if (filters.ids) conditions.push(oneOfIds(filters.ids))

  if (severities) conditions.push(severityOf(severities))
  if (assignedTo !== undefined) conditions.push(Prisma.sql`i."assigneeKey" = ${assigneeKeyOf(assignedTo)}`)

  const { createdSince, updatedSince } = filters
  // What was created since was updated since, too: the second lets a walk through the queue end there.
  if (createdSince !== undefined)
    conditions.push(
      Prisma.sql`i."createdAt" >= ${new Date(createdSince)} AND i."updatedAt" >= ${new Date(createdSince)}`,
    )
  if (updatedSince !== undefined) conditions.push(Prisma.sql`i."updatedAt" >= ${new Date(updatedSince)}`)
  return { base: conditions, found: foundOf(filters) }
}

function foundOf({
  product,
  category,
  technique,
  incidentTag,
  search,
  entity,
}: IncidentFilters): Prisma.Sql[] {
  const conditions: Prisma.Sql[] = []
  if (product !== undefined) conditions.push(holds(Prisma.sql`i.products`, product))
  if (category !== undefined) conditions.push(holds(Prisma.sql`i.categories`, category))
  if (technique !== undefined) conditions.push(holds(Prisma.sql`i.techniques`, technique))
  if (incidentTag !== undefined) conditions.push(holds(Prisma.sql`i.tags`, incidentTag))

  if (search !== undefined) {
    const query = searchQuery(storableText(search, 200))
    conditions.push(query === null ? Prisma.sql`FALSE` : Prisma.sql`i."titleWords" @@ ${query}::tsquery`)
  }
  if (entity) {
    const kind = entity.kind === null ? Prisma.empty : Prisma.sql`AND e.kind = ${entity.kind}`
    conditions.push(Prisma.sql`(i."tenantId", i."incidentId") IN (
      SELECT e."tenantId", e."incidentId" FROM "IncidentEntity" e WHERE e.value = ${storableText(entity.value)} ${kind})`)
  }
  return conditions
}

function oneOfIds(ids: readonly string[]): Prisma.Sql {
  const read = ids.flatMap(id => readIncidentId(id) ?? [])
  const tenantIds = read.map(({ tenantId }) => tenantId)
  const incidentIds = read.map(({ incidentId }) => incidentId)
  return Prisma.sql`(i."tenantId", i."incidentId") IN (SELECT * FROM unnest(${tenantIds}::uuid[], ${incidentIds}::text[]))`
}

/** The technique itself and its sub-techniques stand in the column, see `findableTechniques`. */
function holds(column: Prisma.Sql, value: string): Prisma.Sql {
  return Prisma.sql`${column} @> ARRAY[${storableText(value, 400)}::text]`
}

function oneOf(column: Prisma.Sql, values: readonly string[]): Prisma.Sql {
  const [only] = values
  if (values.length === 1 && only !== undefined) return Prisma.sql`${column} = ${storableText(only, 100)}`
  return Prisma.sql`${column} = ANY(${values.map(value => storableText(value, 100))}::text[])`
}

/** By the rank, which indexes begin with; severities that are new to us have none of their own. */
function severityOf(severities: readonly string[]): Prisma.Sql {
  const ranks = severities.map(severityRankOf)
  if (ranks.includes(0)) return oneOf(Prisma.sql`i.severity`, severities)
  const [only] = ranks
  return ranks.length === 1
    ? Prisma.sql`i."severityRank" = ${only}::smallint`
    : Prisma.sql`i."severityRank" = ANY(${ranks}::smallint[])`
}

/** As the indexes of what is open have it, word for word. */
export const isOpen = Prisma.sql`i."isListed" AND i.status IN ('active', 'inProgress', 'awaitingAction')`

/** Which part of the store is looked at: the queue, what was merged, what was deleted. */
function partOf(statuses: readonly string[] | undefined, isDeleted: boolean): Prisma.Sql {
  const status = Prisma.sql`i.status`
  if (isDeleted) {
    const deleted = Prisma.sql`i."deletedAt" IS NOT NULL`
    return statuses ? Prisma.sql`${deleted} AND ${oneOf(status, statuses)}` : deleted
  }
  if (!statuses) return Prisma.sql`i."isListed"`
  if (statuses.length > 0 && statuses.every(one => openStatuses.some(open => open === one)))
    return openStatuses.every(one => statuses.includes(one))
      ? isOpen
      : Prisma.sql`${isOpen} AND ${oneOf(status, statuses)}`
  if (!statuses.includes('redirected')) return Prisma.sql`i."isListed" AND ${oneOf(status, statuses)}`
  return Prisma.sql`${oneOf(status, statuses)} AND i."deletedAt" IS NULL`
}
