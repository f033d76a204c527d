import { Prisma } from '../../generated/prisma/client.ts'
import type { Database } from '../../platform/database/index.ts'
import type { IncidentCounts, IncidentFilters, ValueCount } from '../model.ts'
import { conditionsOf, type TenantScope } from './filter-store.ts'

/** More than these are not counted one by one. */
const countedAtMost = 5_000

/** Values of one facet at most; the ones with the most incidents. */
const valuesAtMost = 100

type Row = { facet: string; value: string; count: number }

/**
 * How many incidents have which value. SQL: one pass over the rows, which are
 * put together where they have the same values, for all facets.
 */
export async function countIncidents(
  db: Database,
  scope: TenantScope,
  filters: IncidentFilters,
): Promise<IncidentCounts> {
  const { base, found } = conditionsOf(filters)
  if (scope !== null) base.push(Prisma.sql`i."tenantId" = ANY(${[...scope]}::uuid[])`)
  const newest = Prisma.sql`ORDER BY i."updatedAt" DESC`
  if (found.length === 0) return toCounts(db, await findCounts(db, base, newest))
  // In no order first: in the order of the queue the planner would walk all of it for what few incidents have.
  const conditions = [...base, ...found]
  const counts = await toCounts(db, await findCounts(db, conditions, Prisma.empty))
  return counts.isExact ? counts : toCounts(db, await findCounts(db, conditions, newest))
}

/** How many incidents there are, at most as many as are counted one by one. */
export async function countTotal(
  db: Database,
  scope: TenantScope,
  filters: IncidentFilters,
): Promise<number> {
  const { base, found } = conditionsOf(filters)
  if (scope !== null) base.push(Prisma.sql`i."tenantId" = ANY(${[...scope]}::uuid[])`)
  const rows = await db.$queryRaw<{ count: number }[]>`
    SELECT count(*)::int AS count FROM (
      SELECT 1 FROM "Incident" i WHERE ${Prisma.join([...base, ...found], ' AND ')} LIMIT ${countedAtMost}
    ) one`
  return rows[0]?.count ?? 0
}

function findCounts(db: Database, conditions: Prisma.Sql[], order: Prisma.Sql): Promise<Row[]> {
  return db.$queryRaw<Row[]>`
    WITH hit AS MATERIALIZED (
      SELECT i."tenantId", i.severity, i.status, coalesce(i."assignedTo", 'none') AS assignee,
        i.products, i.categories, i.techniques
      FROM "Incident" i WHERE ${Prisma.join(conditions, ' AND ')}
      ${order} LIMIT ${countedAtMost + 1}
    ), one AS (
      SELECT * FROM hit LIMIT ${countedAtMost}
    ), same AS MATERIALIZED (
      SELECT severity, status, lower(assignee) AS key, min(assignee) AS assignee, products, categories, techniques,
        count(*)::int AS n
      FROM one GROUP BY 1, 2, 3, 5, 6, 7
    ), facets AS (
      SELECT 'total' AS facet, '' AS value, count(*)::int AS count FROM hit
      UNION ALL SELECT 'severity', severity, sum(n)::int FROM same GROUP BY 2
      UNION ALL SELECT 'status', status, sum(n)::int FROM same GROUP BY 2
      UNION ALL SELECT 'assignedTo', min(assignee), sum(n)::int FROM same GROUP BY key
      UNION ALL SELECT 'product', v, sum(n)::int FROM same, unnest(products) v GROUP BY 2
      UNION ALL SELECT 'category', v, sum(n)::int FROM same, unnest(categories) v GROUP BY 2
      UNION ALL SELECT 'technique', v, sum(n)::int FROM same, unnest(techniques) v GROUP BY 2
      UNION ALL (
        SELECT 'tenant', "tenantId"::text, count(*)::int FROM one
        GROUP BY "tenantId" ORDER BY 3 DESC, "tenantId" LIMIT ${valuesAtMost}
      )
    ), ranked AS (
      SELECT *, row_number() OVER (PARTITION BY facet ORDER BY count DESC, value) AS place FROM facets
    )
    SELECT facet, value, count FROM ranked WHERE place <= ${valuesAtMost} ORDER BY facet, place`
}

async function toCounts(db: Database, rows: Row[]): Promise<IncidentCounts> {
  const of = (facet: string): ValueCount[] =>
    rows.filter(row => row.facet === facet).map(({ value, count }) => ({ value, count }))
  const byValue = (facet: string) => Object.fromEntries(of(facet).map(({ value, count }) => [value, count]))
  const tenants = of('tenant')
  const found = of('total')[0]?.count ?? 0
  return {
    isExact: found <= countedAtMost,
    total: Math.min(found, countedAtMost),
    severity: byValue('severity'),
    status: byValue('status'),
    assignedTo: of('assignedTo'),
    tenant: await withNames(db, tenants),
    product: of('product'),
    category: of('category'),
    technique: of('technique'),
  }
}

async function withNames(db: Database, counts: ValueCount[]): Promise<IncidentCounts['tenant']> {
  const tenants = await db.tenant.findMany({
    where: { id: { in: counts.map(({ value }) => value) } },
    select: { id: true, name: true },
  })
  const names = new Map(tenants.map(({ id, name }) => [id, name]))
  return counts.map(({ value, count }) => ({
    tenantId: value,
    tenantName: names.get(value) ?? value,
    count,
  }))
}
