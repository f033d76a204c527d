import type { Database } from '../../platform/database/index.ts'
import type { TenantScope } from './filter-store.ts'

/** How often something in an incident's evidence is named by other incidents. */
export type Elsewhere = {
  kind: string
  value: string
  /** Other incidents of the same tenant, at most 100. */
  sameTenant: number
  /** Other tenants that the actor may see, at most 100 of their incidents looked at. */
  otherTenants: number
}

/** Incidents looked at for one value: a popular program is named by thousands. */
const lookedAt = 100

/**
 * For each entity of an incident where else it is seen, within the scope. SQL,
 * for one bounded look into the index a value.
 */
export function findElsewhere(
  db: Database,
  scope: TenantScope,
  tenantId: string,
  incidentId: string,
): Promise<Elsewhere[]> {
  return db.$queryRaw<Elsewhere[]>`
    SELECT own.kind, own.value,
      count(*) FILTER (WHERE other."tenantId" = own."tenantId")::int AS "sameTenant",
      count(DISTINCT other."tenantId") FILTER (WHERE other."tenantId" <> own."tenantId")::int AS "otherTenants"
    FROM "IncidentEntity" own
    CROSS JOIN LATERAL (
      SELECT e."tenantId" FROM "IncidentEntity" e
      WHERE e.value = own.value AND e.kind = own.kind
        AND (e."tenantId", e."incidentId") <> (own."tenantId", own."incidentId")
        AND (${scope === null} OR e."tenantId" = ANY(${[...(scope ?? [])]}::uuid[]))
      ORDER BY e."lastSeenAt" DESC LIMIT ${lookedAt}
    ) other
    WHERE own."tenantId" = ${tenantId}::uuid AND own."incidentId" = ${incidentId} AND NOT own."isAlias"
    GROUP BY own.kind, own.value`
}
