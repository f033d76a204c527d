import type pg from 'pg'
import type { SyncedIncident } from '../microsoft/defender/index.ts'
import { storableText } from '../platform/storable.ts'
import { distinct, findableTechniques, storableDocument } from './columns.ts'
import { collectEntities } from './entities.ts'
import { markSightingsDue } from './sightings/store.ts'

type WithAlerts = SyncedIncident & { alerts: NonNullable<SyncedIncident['alerts']> }

/**
 * Writes the alerts of incidents whose own rows are there, within a
 * transaction: what is not among them any more (it was moved) goes. SQL, for a
 * fixed number of statements whatever the number of rows.
 */
export async function writeAlerts(
  client: pg.ClientBase,
  tenantId: string,
  incidents: readonly WithAlerts[],
): Promise<void> {
  if (incidents.length === 0) return
  const alerts = incidents.flatMap(({ incident, alerts }) =>
    alerts.map(one => alertColumns(incident.id, one)),
  )
  const entities = incidents.flatMap(({ incident, alerts }) =>
    collectEntities(alerts.map(({ alert }) => alert)).map(entity => ({ ...entity, incidentId: incident.id })),
  )
  await client.query({ name: 'incidents-alerts', text: alertsStatement }, [
    tenantId,
    incidents.map(({ incident }) => incident.id),
    JSON.stringify(alerts),
  ])
  await client.query({ name: 'incidents-entities', text: entitiesStatement }, [
    tenantId,
    incidents.map(({ incident }) => incident.id),
    JSON.stringify(entities.map(entity => storableDocument(entity))),
  ])
  await markSightingsDue(
    client,
    tenantId,
    incidents.map(({ incident }) => incident.id),
  )
  await client.query({ name: 'incidents-facets', text: facetsStatement }, [
    tenantId,
    JSON.stringify(incidents.map(facetColumns)),
  ])
}

function alertColumns(incidentId: string, { alert, raw }: WithAlerts['alerts'][number]) {
  return {
    incidentId,
    alertId: storableText(alert.id, 200),
    title: storableText(alert.title, 1000),
    severity: storableText(alert.severity, 100),
    status: storableText(alert.status, 100),
    product: alert.serviceSource === null ? null : storableText(alert.serviceSource, 200),
    createdAt: alert.createdAt,
    updatedAt: alert.updatedAt,
    surface: alert.surface,
    raw: storableDocument(raw),
  }
}

function facetColumns({ incident, updatedExact, alerts, isIncomplete }: WithAlerts) {
  const all = alerts.map(({ alert }) => alert)
  return {
    incidentId: incident.id,
    updatedExact,
    alertCount: all.length,
    isIncomplete,
    products: distinct(all.map(({ serviceSource }) => serviceSource)),
    categories: distinct(all.flatMap(({ categories }) => categories)),
    techniques: findableTechniques(all.flatMap(({ mitreTechniques }) => mitreTechniques)),
  }
}

const alertsStatement = `
  WITH given AS (
    SELECT * FROM jsonb_to_recordset($3::jsonb) AS r("incidentId" text, "alertId" text, title text, severity text,
      status text, product text, "createdAt" timestamptz, "updatedAt" timestamptz, surface text, raw jsonb)
  ), gone AS (
    DELETE FROM "IncidentAlert" a WHERE a."tenantId" = $1 AND a."incidentId" = ANY($2::text[])
      AND NOT EXISTS (SELECT 1 FROM given g WHERE g."incidentId" = a."incidentId" AND g."alertId" = a."alertId")
  )
  INSERT INTO "IncidentAlert" ("tenantId", "incidentId", "alertId", title, severity, status, product, "createdAt",
    "updatedAt", surface, raw)
  SELECT DISTINCT ON ("incidentId", "alertId") $1::uuid, "incidentId", "alertId", title, severity, status, product,
    "createdAt", "updatedAt", surface, raw FROM given
  ON CONFLICT ("tenantId", "incidentId", "alertId") DO UPDATE SET title = excluded.title, severity = excluded.severity,
    status = excluded.status, product = excluded.product, "createdAt" = excluded."createdAt",
    "updatedAt" = excluded."updatedAt", surface = excluded.surface, raw = excluded.raw
  WHERE "IncidentAlert".raw IS DISTINCT FROM excluded.raw`

const entitiesStatement = `
  WITH given AS (
    SELECT * FROM jsonb_to_recordset($3::jsonb) AS r("incidentId" text, kind text, value text, label text,
      "isAlias" boolean, "firstSeenAt" timestamptz, "lastSeenAt" timestamptz)
  ), gone AS (
    DELETE FROM "IncidentEntity" e WHERE e."tenantId" = $1 AND e."incidentId" = ANY($2::text[]) AND NOT EXISTS (
      SELECT 1 FROM given g WHERE g."incidentId" = e."incidentId" AND g.kind = e.kind AND g.value = e.value)
  )
  INSERT INTO "IncidentEntity" AS e ("tenantId", "incidentId", kind, value, label, "isAlias", "firstSeenAt", "lastSeenAt")
  SELECT $1::uuid, "incidentId", kind, value, label, "isAlias", "firstSeenAt", "lastSeenAt" FROM given
  ON CONFLICT ("tenantId", "incidentId", kind, value) DO UPDATE SET label = excluded.label, "isAlias" = excluded."isAlias",
    "firstSeenAt" = excluded."firstSeenAt", "lastSeenAt" = excluded."lastSeenAt"
  WHERE (e.label, e."isAlias", e."firstSeenAt", e."lastSeenAt")
    IS DISTINCT FROM (excluded.label, excluded."isAlias", excluded."firstSeenAt", excluded."lastSeenAt")`

/** Alerts stay due when the incident changed again since they were asked for. */
const facetsStatement = `
  UPDATE "Incident" i SET "alertCount" = r."alertCount", products = r.products, categories = r.categories,
    techniques = r.techniques, "alertsOf" = r."updatedExact", "isIncomplete" = r."isIncomplete", "alertsFailures" = 0,
    "alertsDueAt" = CASE WHEN i."updatedExact" > r."updatedExact" THEN i."alertsDueAt" END, "storedAt" = clock_timestamp()
  FROM jsonb_to_recordset($2::jsonb) AS r("incidentId" text, "updatedExact" text, "alertCount" integer, "isIncomplete" boolean, products text[],
    categories text[], techniques text[])
  WHERE i."tenantId" = $1 AND i."incidentId" = r."incidentId"`
