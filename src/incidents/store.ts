import { Prisma } from '../generated/prisma/client.ts'
import type { Database } from '../platform/database/index.ts'
import type { Actor } from '../tenants/actor.ts'
import type { IncidentFilters, IncidentSort } from './model.ts'
import { conditionsOf, findScope, type TenantScope, walkedIn } from './queue/filter-store.ts'
import type { QueuePosition } from './queue/queue-cursor.ts'

/** Columns that lists show. */
const listedColumns = Prisma.sql`i."tenantId", i."incidentId", i.title, i.description, i.severity, i."severityRank", i.status,
  i."assignedTo", i.classification, i.determination, i.tags, i."systemTags", i.products, i.categories, i.techniques,
  i."alertCount", i."redirectTo", i."createdAt", i."updatedAt", i."deletedAt", i."webUrl"`

export type IncidentRow = {
  tenantId: string
  tenantName: string
  incidentId: string
  title: string
  description: string | null
  severity: string
  severityRank: number
  status: string
  assignedTo: string | null
  classification: string
  determination: string
  tags: string[]
  systemTags: string[]
  products: string[]
  categories: string[]
  techniques: string[]
  alertCount: number | null
  redirectTo: string | null
  createdAt: Date
  updatedAt: Date
  deletedAt: Date | null
  webUrl: string | null
}

const orders: Record<IncidentSort, Prisma.Sql> = {
  '-updatedAt': Prisma.sql`i."updatedAt" DESC, i."tenantId" DESC, i."incidentId" DESC`,
  '-createdAt': Prisma.sql`i."createdAt" DESC, i."tenantId" DESC, i."incidentId" DESC`,
  '-severity': Prisma.sql`i."severityRank" DESC, i."updatedAt" DESC, i."tenantId" DESC, i."incidentId" DESC`,
}

/** So many of the first rows in the queue's order are looked through before an inverted index is. */
const walkedAtMost = 5_000

/** A few tenants are each asked for their first rows; of many, the whole queue is walked. */
const fewTenants = 300

/**
 * One page of the queue. SQL, because Prisma compares no rows, offsets slow
 * down with depth, and which index is walked decides between 1 ms and 1 s.
 *
 * @param limit rows at most
 */
export async function findIncidentPage(
  db: Database,
  scope: TenantScope,
  filters: IncidentFilters,
  sort: IncidentSort,
  after: QueuePosition | null,
  limit: number,
): Promise<IncidentRow[]> {
  if (scope?.length === 0) return []
  const { base, found } = conditionsOf(filters)
  if (after) base.push(afterPosition(after))
  const order = orders[sort]
  const read = (page: Prisma.Sql) => db.$queryRaw<IncidentRow[]>`
    SELECT i.*, t.name AS "tenantName" FROM (${page}) i JOIN "Tenant" t ON t.id = i."tenantId" ORDER BY ${order}`
  if (scope !== null && scope.length <= fewTenants)
    return read(pageOfFew(scope, [...base, ...found], order, limit))

  if (scope !== null) base.push(walkedIn(scope))
  if (found.length === 0) return read(select(Prisma.join(base, ' AND '), order, limit))
  // The planner takes values to be spread evenly: for one that only old incidents have it walked the whole queue, 17 s
  // of a million rows. So it walks a part, and looks up the rest.
  const near = await read(firstOf(base, found, order, limit))
  return near.length === limit ? near : read(lookedUp(base, found, order, limit))
}

function firstOf(base: Prisma.Sql[], found: Prisma.Sql[], order: Prisma.Sql, limit: number): Prisma.Sql {
  return Prisma.sql`
    SELECT ${listedColumns} FROM (
      SELECT * FROM "Incident" i WHERE ${Prisma.join(base, ' AND ')} ORDER BY ${order} LIMIT ${walkedAtMost}
    ) i WHERE ${Prisma.join(found, ' AND ')} ORDER BY ${order} LIMIT ${limit}`
}

/** Without an order while rows are looked up, so that no index in that order is walked. */
function lookedUp(base: Prisma.Sql[], found: Prisma.Sql[], order: Prisma.Sql, limit: number): Prisma.Sql {
  return Prisma.sql`
    WITH hit AS MATERIALIZED (
      SELECT i."tenantId", i."incidentId", i."severityRank", i."createdAt", i."updatedAt" FROM "Incident" i
      WHERE ${Prisma.join([...base, ...found], ' AND ')}
    ), first AS MATERIALIZED (SELECT * FROM hit i ORDER BY ${order} LIMIT ${limit})
    SELECT ${listedColumns} FROM first f
    JOIN "Incident" i ON i."tenantId" = f."tenantId" AND i."incidentId" = f."incidentId"`
}

function pageOfFew(
  scope: readonly string[],
  conditions: Prisma.Sql[],
  order: Prisma.Sql,
  limit: number,
): Prisma.Sql {
  const where = Prisma.join(conditions, ' AND ')
  const [only] = scope
  if (scope.length === 1) return select(Prisma.sql`i."tenantId" = ${only}::uuid AND ${where}`, order, limit)
  const ofOne = select(Prisma.sql`i."tenantId" = s.id AND ${where}`, order, limit)
  return Prisma.sql`SELECT i.* FROM unnest(${[...scope]}::uuid[]) s(id) CROSS JOIN LATERAL (${ofOne}) i
    ORDER BY ${order} LIMIT ${limit}`
}

function select(where: Prisma.Sql, order: Prisma.Sql, limit: number): Prisma.Sql {
  return Prisma.sql`SELECT ${listedColumns} FROM "Incident" i WHERE ${where} ORDER BY ${order} LIMIT ${limit}`
}

function afterPosition({ sort, rank, at, tenantId, incidentId }: QueuePosition): Prisma.Sql {
  const rest = Prisma.sql`${new Date(at)}, ${tenantId}::uuid, ${incidentId}`
  if (sort === '-createdAt') return Prisma.sql`(i."createdAt", i."tenantId", i."incidentId") < (${rest})`
  if (sort === '-updatedAt') return Prisma.sql`(i."updatedAt", i."tenantId", i."incidentId") < (${rest})`
  return Prisma.sql`(i."severityRank", i."updatedAt", i."tenantId", i."incidentId") < (${rank}::smallint, ${rest})`
}

/** One incident as lists show it, whatever became of it. */
export async function findIncidentRow(
  db: Database,
  tenantId: string,
  incidentId: string,
): Promise<IncidentRow | null> {
  const rows = await db.$queryRaw<IncidentRow[]>`
    SELECT ${listedColumns}, t.name AS "tenantName" FROM "Incident" i JOIN "Tenant" t ON t.id = i."tenantId"
    WHERE i."tenantId" = ${tenantId}::uuid AND i."incidentId" = ${incidentId}`
  return rows[0] ?? null
}

/** Incidents of a tenant that hold an alert. */
export async function findIncidentOfAlert(
  db: Database,
  tenantId: string,
  alertId: string,
): Promise<string | null> {
  const row = await db.incidentAlert.findFirst({
    where: { tenantId, alertId },
    orderBy: { updatedAt: 'desc' },
    select: { incidentId: true },
  })
  return row?.incidentId ?? null
}

/** Null for an incident of a tenant that the actor may not see, too. */
export async function findIncident(db: Database, actor: Actor, tenantId: string, incidentId: string) {
  const scope = await findScope(db, actor, { tenants: [tenantId] })
  if (scope?.length !== 1) return null
  return db.incident.findUnique({
    where: { tenantId_incidentId: { tenantId, incidentId } },
    include: {
      tenant: { select: { name: true } },
      alerts: { orderBy: [{ createdAt: 'asc' }, { alertId: 'asc' }] },
      entities: {
        where: { isAlias: false },
        orderBy: [{ kind: 'asc' }, { lastSeenAt: 'desc' }, { value: 'asc' }],
      },
      activities: { orderBy: [{ at: 'desc' }, { id: 'desc' }], take: mostActivities },
    },
  })
}

export type IncidentRecord = NonNullable<Awaited<ReturnType<typeof findIncident>>>

const mostActivities = 500

/** Ids of what was merged into an incident, directly or through others. */
export async function findMergedFrom(db: Database, tenantId: string, incidentId: string): Promise<string[]> {
  const rows = await db.$queryRaw<{ incidentId: string }[]>`
    WITH RECURSIVE merged(id) AS (
      SELECT ${incidentId}
      UNION
      SELECT i."incidentId" FROM "Incident" i JOIN merged m ON i."redirectTo" = m.id WHERE i."tenantId" = ${tenantId}::uuid
    )
    SELECT id AS "incidentId" FROM merged WHERE id <> ${incidentId} ORDER BY 1`
  return rows.map(row => row.incidentId)
}

/** Where the chain of mergers ends, as far as it is known here; a chain that leads back to itself ends nowhere. */
export async function findMergedInto(
  db: Database,
  tenantId: string,
  incidentId: string,
): Promise<string | null> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    WITH RECURSIVE chain(id, target) AS (
      SELECT i."incidentId", i."redirectTo" FROM "Incident" i
      WHERE i."tenantId" = ${tenantId}::uuid AND i."incidentId" = ${incidentId}
      UNION
      SELECT c.target, i."redirectTo" FROM chain c
      LEFT JOIN "Incident" i ON i."tenantId" = ${tenantId}::uuid AND i."incidentId" = c.target
      WHERE c.target IS NOT NULL
    )
    SELECT id FROM chain WHERE target IS NULL AND id <> ${incidentId} LIMIT 1`
  return rows[0]?.id ?? null
}
