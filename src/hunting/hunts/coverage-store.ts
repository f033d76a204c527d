import type { Database } from '../../platform/database/index.ts'
import type { Actor } from '../../tenants/actor.ts'
import { visibleTenants } from '../../tenants/visible-store.ts'

/**
 * Tenants whose newest task on these tables was refused because a name did not
 * resolve, which is how a missing license shows. Looks at the last 20 hunts.
 */
export function findTableRefusals(
  db: Database,
  tables: string[],
): Promise<{ tenantId: string; message: string }[]> {
  return db.$queryRaw<{ tenantId: string; message: string }[]>`
    SELECT "tenantId", message FROM (
      SELECT DISTINCT ON (k."tenantId") k."tenantId", k.status, k.error->>'code' AS code, k.error->>'message' AS message
      FROM "HuntTask" k
      WHERE k."huntId" IN (
          SELECT h.id FROM "Hunt" h WHERE h.tables && ${tables}::text[] ORDER BY h.id DESC LIMIT 20)
        AND k.status IN ('succeeded', 'failed')
      ORDER BY k."tenantId", k."huntId" DESC) newest
    WHERE status = 'failed' AND code = 'table_missing'`
}

export type CoverageRow = {
  status: string
  truncated: boolean
  isEmpty: boolean
  code: string | null
  tasks: number
  rows: number
  until: Date | null
}

/** Tasks by how they ended, over the tenants that the actor may see. */
export function countOutcomes(db: Database, actor: Actor, huntId: string): Promise<CoverageRow[]> {
  return db.$queryRaw<CoverageRow[]>`
    SELECT k.status, k.truncated, k."rowCount" = 0 AS "isEmpty",
      CASE WHEN k.status = 'failed' THEN k.error->>'code' END AS code,
      count(*)::int AS tasks, sum(k."rowCount")::float8 AS rows,
      max(CASE WHEN k.status = 'waiting' THEN k."notBefore" END) AS until
    FROM "HuntTask" k JOIN "Tenant" t ON t.id = k."tenantId"
    WHERE k."huntId" = ${huntId}::uuid AND ${visibleTenants(actor)} GROUP BY 1, 2, 3, 4`
}
