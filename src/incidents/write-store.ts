import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import type { SyncedIncident } from '../microsoft/defender/index.ts'
import { storableText } from '../platform/storable.ts'
import {
  activitiesBetween,
  isUnchanged,
  type KnownIncident,
  type NewActivity,
  type Origin,
} from './activity.ts'
import { writeAlerts } from './alert-store.ts'
import { columnsOf, type IncidentColumns, storableDocument } from './columns.ts'

/** What became of an incident in the store. */
export type StoreChange = { incidentId: string; kind: 'created' | 'updated'; updatedAt: string }

export type Answer = {
  tenantId: string
  incidents: readonly SyncedIncident[]
  /** Time of the database before the answer was asked for: a row that was written later may know better. */
  askedAt: Date
  /** Who is behind what changed; Microsoft's own word for it is taken when absent. */
  origin?: Origin
}

export type Written = {
  /** New or changed; not those that were known already. */
  changes: StoreChange[]
  /** How many were left as they are since their rows know better. */
  stale: number
}

/**
 * Writes what Microsoft told of a tenant's incidents, within a transaction.
 * Writing the same again changes nothing. SQL, for one statement whatever the
 * number of rows, and locks on those that are compared.
 */
export async function writeIncidents(client: pg.ClientBase, answer: Answer): Promise<Written> {
  const { tenantId, askedAt } = answer
  const latest = new Map(answer.incidents.map(one => [one.incident.id, one]))
  const known = await lockKnown(client, tenantId, [...latest.keys()], askedAt)
  const changed: IncidentColumns[] = []
  const withAlerts: Parameters<typeof writeAlerts>[2][number][] = []
  const activities: NewActivity[] = []
  let stale = 0
  for (const [id, synced] of latest) {
    const columns = columnsOf(synced)
    const before = known.get(id)
    const isSame = before !== undefined && !before.isDeleted && isUnchanged(before, columns)
    // Asked for before the row was written, and not later by Microsoft's own time: what is there is newer.
    if (!isSame && before?.isNewer && before.updatedExact >= columns.updatedExact) {
      stale++
      continue
    }
    const { alerts } = synced
    if (alerts && (!isSame || before.areAlertsDue)) withAlerts.push({ ...synced, alerts })
    if (isSame) continue
    changed.push(columns)
    const origin = answer.origin ?? { source: 'microsoft', actor: synced.modifiedBy }
    if (before) activities.push(...activitiesBetween(before, columns, origin))
  }
  if (changed.length > 0) {
    const upsert = { name: 'incidents-upsert', text: upsertStatement }
    await client.query(upsert, [tenantId, JSON.stringify(changed)])
    await addActivities(client, tenantId, activities)
  }
  await writeAlerts(client, tenantId, withAlerts)
  const touched = new Map([
    ...withAlerts.map(({ incident }) => [incident.id, incident.updatedAt] as const),
    ...changed.map(({ incidentId, updatedAt }) => [incidentId, updatedAt] as const),
  ])
  const changes = [...touched].map(([incidentId, updatedAt]): StoreChange => {
    return { incidentId, kind: known.has(incidentId) ? 'updated' : 'created', updatedAt }
  })
  return { changes, stale }
}

/** Marks an incident that Microsoft does not have any more. @returns null when that is known already */
export async function markDeleted(
  client: pg.ClientBase,
  tenantId: string,
  incidentId: string,
): Promise<StoreChange | null> {
  const { rows } = await client.query<{ at: Date; updatedAt: Date }>(
    `UPDATE "Incident" SET "deletedAt" = now(), "isListed" = false, "alertsDueAt" = NULL, "storedAt" = now()
     WHERE "tenantId" = $1 AND "incidentId" = $2 AND "deletedAt" IS NULL RETURNING "deletedAt" AS at, "updatedAt"`,
    [tenantId, incidentId],
  )
  const [row] = rows
  if (!row) return null
  const at = row.at.toISOString()
  await addActivities(client, tenantId, [
    { incidentId, at, kind: 'deleted', source: 'microsoft', actor: null, changes: [], comment: null },
  ])
  return { incidentId, kind: 'updated', updatedAt: row.updatedAt.toISOString() }
}

export async function addActivities(
  client: pg.ClientBase,
  tenantId: string,
  activities: readonly NewActivity[],
): Promise<void> {
  if (activities.length === 0) return
  const rows = activities.map(({ actor, comment, changes, ...rest }) => ({
    ...rest,
    id: randomUUID(),
    actor: actor === null ? null : storableText(actor, 400),
    comment: comment === null ? null : storableText(comment, 30_000),
    changes: storableDocument(changes),
  }))
  await client.query(
    `INSERT INTO "IncidentActivity" (id, "tenantId", "incidentId", at, kind, source, actor, changes, comment)
     SELECT r.id, $1, r."incidentId", r.at, r.kind, r.source, r.actor, r.changes, r.comment
     FROM jsonb_to_recordset($2::jsonb) AS r(id uuid, "incidentId" text, at timestamptz, kind text, source text,
       actor text, changes jsonb, comment text)`,
    [tenantId, JSON.stringify(rows)],
  )
}

/** Rows in the order of their keys, so that two writers cannot wait for each other. */
async function lockKnown(
  client: pg.ClientBase,
  tenantId: string,
  incidentIds: string[],
  askedAt: Date,
): Promise<Map<string, KnownIncident>> {
  const { rows } = await client.query<KnownIncident>(
    {
      name: 'incidents-known',
      text: `SELECT "incidentId", "updatedExact", "storedAt" > $3 AS "isNewer", title, severity, status, "assignedTo",
          classification, determination, tags, comments, "redirectTo", "deletedAt" IS NOT NULL AS "isDeleted",
          "alertsDueAt" IS NOT NULL AS "areAlertsDue"
        FROM "Incident" WHERE "tenantId" = $1 AND "incidentId" = ANY($2::text[])
        ORDER BY "incidentId" FOR UPDATE`,
    },
    [tenantId, incidentIds, askedAt],
  )
  return new Map(rows.map(row => [row.incidentId, row]))
}

/**
 * Alerts are due again with each change, except of what was merged: its alerts
 * are the target's then. Who began to work on an incident is known only when
 * it was seen before; one that arrives resolved was resolved at its last update.
 */
const upsertStatement = `
  INSERT INTO "Incident" AS i ("tenantId", "incidentId", title, description, "titleWords", severity, "severityRank", status,
    "isListed", "assignedTo", "assigneeKey", classification, determination, tags, "systemTags", products, categories,
    techniques, comments, "redirectTo", "createdAt", "updatedAt", "updatedExact", "resolvedAt", "webUrl", surface, raw,
    "alertsDueAt", "storedAt")
  SELECT $1, r."incidentId", r.title, r.description, array_to_tsvector(r.words), r.severity, r."severityRank", r.status,
    r."isListed", r."assignedTo", r."assigneeKey", r.classification, r.determination, r.tags, r."systemTags", '{}', '{}',
    '{}', r.comments, r."redirectTo", r."createdAt", r."updatedAt", r."updatedExact",
    CASE WHEN r.status = 'resolved' THEN r."updatedAt" END, r."webUrl", r.surface, r.raw,
    CASE WHEN r."isListed" THEN now() END, clock_timestamp()
  FROM jsonb_to_recordset($2::jsonb) AS r("incidentId" text, title text, description text, words text[], severity text,
    "severityRank" smallint, status text, "isListed" boolean, "assignedTo" text, "assigneeKey" text, classification text,
    determination text, tags text[], "systemTags" text[], comments jsonb, "redirectTo" text, "createdAt" timestamptz,
    "updatedAt" timestamptz, "updatedExact" text, "webUrl" text, surface text, raw jsonb)
  ON CONFLICT ("tenantId", "incidentId") DO UPDATE SET
    title = excluded.title, description = excluded.description, "titleWords" = excluded."titleWords",
    severity = excluded.severity, "severityRank" = excluded."severityRank", status = excluded.status,
    "isListed" = excluded."isListed", "assignedTo" = excluded."assignedTo", "assigneeKey" = excluded."assigneeKey",
    classification = excluded.classification, determination = excluded.determination, tags = excluded.tags,
    "systemTags" = excluded."systemTags", comments = excluded.comments, "redirectTo" = excluded."redirectTo",
    "createdAt" = excluded."createdAt", "updatedAt" = excluded."updatedAt", "updatedExact" = excluded."updatedExact",
    "acknowledgedAt" = CASE
      WHEN i."acknowledgedAt" IS NOT NULL THEN i."acknowledgedAt"
      WHEN i."assigneeKey" = '' AND i.status = 'active' AND (excluded."assigneeKey" <> '' OR excluded.status IN ('inProgress', 'resolved'))
        THEN excluded."updatedAt" END,
    "resolvedAt" = CASE WHEN excluded.status = 'resolved' THEN coalesce(i."resolvedAt", excluded."updatedAt") END,
    "deletedAt" = NULL, "webUrl" = excluded."webUrl", surface = excluded.surface, raw = excluded.raw,
    "alertsDueAt" = excluded."alertsDueAt", "alertsFailures" = 0, "storedAt" = clock_timestamp()`
