import type pg from 'pg'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Database } from '../../platform/database/index.ts'
import type { TenantScope } from '../queue/filter-store.ts'
import { type IndicatorKind, indicatorKinds } from './kinds.ts'

/** An indicator that several tenants named, some of which the reader may not see. */
export type Candidate = { id: string; kind: IndicatorKind; value: string }

/** That one incident names it. */
export type Naming = {
  kind: IndicatorKind
  value: string
  label: string
  tenantId: string
  tenantName: string
  incidentId: string
  firstSeenAt: Date
  lastSeenAt: Date
}

/** Incidents looked at for one value: a popular program is named by thousands. */
const lookedAt = 300

/** Incidents compared in one statement. */
const batch = 500

/** Marks incidents whose evidence was written, within the transaction that wrote it. */
export async function markSightingsDue(
  client: pg.ClientBase,
  tenantId: string,
  incidentIds: readonly string[],
): Promise<void> {
  await client.query({
    name: 'incidents-sightings-due',
    text: `INSERT INTO "SightingDue" ("tenantId", "incidentId") SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING`,
    values: [tenantId, incidentIds],
  })
}

/**
 * Compares the evidence of incidents that are due with that of other tenants.
 * One statement takes them and writes what was found, so that a kill loses
 * nothing. It sees what was committed before; whichever of two tenants comes
 * second is still due then, and finds the first.
 *
 * @returns how many incidents were compared; fewer than a batch: none is left
 */
export async function compareDue(db: Database): Promise<{ compared: number; isDone: boolean }> {
  const [row] = await db.$queryRaw<{ compared: number }[]>`
    WITH due AS (
      DELETE FROM "SightingDue" WHERE ("tenantId", "incidentId") IN (
        SELECT "tenantId", "incidentId" FROM "SightingDue" ORDER BY at LIMIT ${batch} FOR UPDATE SKIP LOCKED)
      RETURNING "tenantId", "incidentId"
    ), named AS (
      SELECT e.kind, e.value, e."tenantId", max(e."lastSeenAt") AS "lastSeenAt"
      FROM due JOIN "IncidentEntity" e USING ("tenantId", "incidentId")
      WHERE NOT e."isAlias" AND e.kind = ANY(${[...indicatorKinds]}::text[])
      GROUP BY e.kind, e.value, e."tenantId"
    ), shared AS (
      SELECT n.kind, n.value, max(n."lastSeenAt") AS "lastSeenAt" FROM named n
      WHERE EXISTS (
        SELECT 1 FROM (
          SELECT o."tenantId" FROM "IncidentEntity" o WHERE o.value = n.value AND o.kind = n.kind
          ORDER BY o."lastSeenAt" DESC LIMIT ${lookedAt}
        ) other WHERE other."tenantId" <> n."tenantId")
      GROUP BY n.kind, n.value
    ), written AS (
      INSERT INTO "Sighting" AS s (id, kind, value, "lastSeenAt")
      SELECT gen_random_uuid(), kind, value, "lastSeenAt" FROM shared ORDER BY kind, value
      ON CONFLICT (kind, value) DO UPDATE SET "lastSeenAt" = greatest(s."lastSeenAt", excluded."lastSeenAt")
    )
    SELECT count(*)::int AS compared FROM due`
  const compared = row?.compared ?? 0
  return { compared, isDone: compared < batch }
}

/** Candidates that were seen since, latest first. */
export function findCandidates(
  db: Database,
  since: Date,
  kinds: readonly IndicatorKind[],
  after: string | null,
  limit: number,
): Promise<Candidate[]> {
  const place = after
    ? Prisma.sql`AND (s."lastSeenAt", s.id) < (SELECT c."lastSeenAt", c.id FROM "Sighting" c WHERE c.id = ${after}::uuid)`
    : Prisma.empty
  return db.$queryRaw<Candidate[]>`
    SELECT s.id, s.kind, s.value FROM "Sighting" s
    WHERE s."lastSeenAt" >= ${since} AND s.kind = ANY(${[...kinds]}::text[]) ${place}
    ORDER BY s."lastSeenAt" DESC, s.id DESC LIMIT ${limit}`
}

/** The incidents of the scope that name the candidates, latest first; merged and deleted ones are left out. */
export function findNamings(
  db: Database,
  scope: TenantScope,
  candidates: readonly Candidate[],
): Promise<Naming[]> {
  const kinds = candidates.map(({ kind }) => kind)
  const values = candidates.map(({ value }) => value)
  return db.$queryRaw<Naming[]>`
    SELECT c.kind, c.value, e.label, e."tenantId", t.name AS "tenantName", e."incidentId", e."firstSeenAt", e."lastSeenAt"
    FROM unnest(${kinds}::text[], ${values}::text[]) AS c(kind, value)
    CROSS JOIN LATERAL (
      SELECT n.* FROM "IncidentEntity" n
      WHERE n.value = c.value AND n.kind = c.kind
        AND (${scope === null} OR n."tenantId" = ANY(${[...(scope ?? [])]}::uuid[]))
      ORDER BY n."lastSeenAt" DESC LIMIT ${lookedAt}
    ) e
    JOIN "Incident" i ON i."tenantId" = e."tenantId" AND i."incidentId" = e."incidentId" AND i."isListed"
    JOIN "Tenant" t ON t.id = e."tenantId"
    ORDER BY e."lastSeenAt" DESC, e."tenantId", e."incidentId"`
}

/** Sightings looked at in one statement. */
const checkedAtOnce = 2000

/** Tenants beside one that name a value; looks at so many incidents at most. */
function otherTenants(except: string | null): Prisma.Sql {
  const others = except === null ? Prisma.empty : Prisma.sql`AND e."tenantId" <> ${except}::uuid`
  return Prisma.sql`(SELECT count(DISTINCT n."tenantId") FROM (
    SELECT e."tenantId" FROM "IncidentEntity" e WHERE e.value = s.value AND e.kind = s.kind ${others}
    ORDER BY e."lastSeenAt" DESC LIMIT ${lookedAt}) n)`
}

/**
 * Removes what fewer than two tenants name any more, of a part of the list.
 *
 * @param from where the part begins: ids are random, and so should this be
 */
export async function removeUnshared(db: Database, from: string): Promise<number> {
  return await db.$executeRaw`
    DELETE FROM "Sighting" s
    WHERE s.id IN (SELECT p.id FROM "Sighting" p WHERE p.id >= ${from}::uuid ORDER BY p.id LIMIT ${checkedAtOnce})
      AND ${otherTenants(null)} < 2`
}

/** Removes what is left to one tenant when another goes; call while its rows are there. */
export async function removeSightingsOf(db: Database, tenantId: string): Promise<number> {
  return await db.$executeRaw`
    DELETE FROM "Sighting" s USING "IncidentEntity" own
    WHERE own."tenantId" = ${tenantId}::uuid AND own.kind = s.kind AND own.value = s.value
      AND ${otherTenants(tenantId)} < 2`
}
