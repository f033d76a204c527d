import type pg from 'pg'

/** A store of so many tenants and incidents, with the spread that customers have. */
export type Size = { tenants: number; incidents: number }

/** The tables that hold incidents, as they are filled: without indexes, which are made afterwards. */
const tables = ['Incident', 'IncidentAlert', 'IncidentEntity', 'IncidentSync']

/**
 * Fills a migrated database. Every incident has one or two alerts and four
 * entities; a fifth is open, and a few tenants have most of them; rows lie in
 * the order in which they were updated, as they do in a store that grows. SQL, since a
 * million rows made elsewhere would take longer than all that is measured.
 */
export async function fillStore(client: pg.Client, { tenants, incidents }: Size): Promise<void> {
  await client.query(`INSERT INTO "Customer" (id, name, "nameKey") VALUES (gen_random_uuid(), 'All', 'all')`)
  await client.query(
    `INSERT INTO "Tenant" (id, "customerId", name, cloud, status, tags, "rolesGranted", "nextCheckAt", "updatedAt")
     SELECT ${tenantId('n')}, (SELECT id FROM "Customer"), 'Customer ' || n, 'global', 'connected',
       ARRAY['region-' || n % 20], ARRAY['graph:SecurityIncident.Read.All', 'graph:SecurityAlert.Read.All'],
       now() + interval '1 day', now()
     FROM generate_series(0, $1::int - 1) n`,
    [tenants],
  )
  const indexes = await dropIndexes(client)
  // Rows that are right by how they are made need no look-up each.
  await client.query('SET session_replication_role = replica')
  await client.query(incidentsStatement, [tenants, incidents])
  await client.query(alertsStatement)
  await client.query(entitiesStatement)
  await client.query(
    `INSERT INTO "IncidentSync" ("tenantId", surface, cursor, "backfillDoneAt", "syncedAt", "changedAt", "lookedBackAt",
       "reconciledAt", "nextAt")
     SELECT id, 'graph', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"0Z"'), now(), now(),
       now() - interval '1 day', now(), now(), now() + interval '1 hour' FROM "Tenant"`,
  )
  await client.query('RESET session_replication_role')
  for (const index of indexes) await client.query(index)
  for (const table of [...tables, 'Tenant']) await client.query(`VACUUM (ANALYZE) "${table}"`)
}

/** A tenant's id as SQL, by its number. */
export function tenantId(number: string): string {
  return `('b0b0b0b0-0000-4000-8000-' || lpad(to_hex((${number})::int), 12, '0'))::uuid`
}

/** @returns the statements that make them again */
async function dropIndexes(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string; definition: string }>(
    `SELECT i.indexname AS name, i.indexdef AS definition FROM pg_indexes i
     WHERE i.schemaname = 'public' AND i.tablename = ANY($1) AND i.indexname NOT LIKE '%_pkey'`,
    [tables],
  )
  for (const { name } of rows) await client.query(`DROP INDEX "${name}"`)
  return rows.map(({ definition }) => definition)
}

/** Words of titles: 4,000 that are rare and a few that many of them have. */
const title = `(ARRAY['Multi-stage incident involving', 'Suspicious activity:', 'Ransomware behaviour on', 'Phishing mail to',
  'Credential access on', 'Malware was detected on'])[1 + n % 6] || ' ' ||
  (ARRAY['endpoint', 'mailbox', 'server', 'identity'])[1 + n / 6 % 4] || ' item' || n % 4000`

/** The square makes some tenants large: half of the incidents are those of the first quarter. */
const incidentsStatement = `
  INSERT INTO "Incident" ("tenantId", "incidentId", title, "titleWords", severity, "severityRank", status, "isListed",
    "assignedTo", "assigneeKey", classification, determination, tags, "systemTags", products, categories, techniques,
    "alertCount", comments, "redirectTo", "createdAt", "updatedAt", "updatedExact", "acknowledgedAt", "resolvedAt", "webUrl",
    surface, raw, "alertsOf")
  SELECT ${tenantId('floor($1::int * power(r1, 2))')}, (100000 + n)::text, title,
    array_to_tsvector(ARRAY(SELECT DISTINCT unnest(string_to_array(lower(translate(title, ':-', '  ')), ' ') || (100000 + n)::text)
      EXCEPT SELECT '')),
    (ARRAY['informational', 'low', 'medium', 'high'])[rank], rank,
    CASE WHEN n % 50 = 0 THEN 'redirected' WHEN n % 5 = 0 THEN 'active' WHEN n % 25 = 1 THEN 'inProgress' ELSE 'resolved' END,
    n % 50 <> 0, who, coalesce(who, ''), 'unknown', 'unknown', ARRAY[]::text[], ARRAY[]::text[],
    ARRAY[(ARRAY['microsoftDefenderForEndpoint', 'microsoftDefenderForOffice365', 'microsoftDefenderForIdentity',
      'azureAdIdentityProtection'])[1 + n % 4]],
    ARRAY[(ARRAY['CredentialAccess', 'InitialAccess', 'Execution', 'Impact', 'Malware'])[1 + n % 5]],
    ARRAY['T' || 1001 + n % 60, 'T' || 1001 + n % 60 || '.001'], 1 + n % 2, '[]', CASE WHEN n % 50 = 0 THEN (100001 + n)::text END,
    at - interval '2 hours', at, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"0Z"'),
    CASE WHEN n % 3 = 0 THEN at - interval '1 hour' END, CASE WHEN n % 5 > 1 THEN at END, 'https://security.microsoft.com/incident2/' || n,
    'graph', jsonb_build_object('id', (100000 + n)::text, 'displayName', title, 'status', 'active', 'comments', '[]'::jsonb,
      'incidentWebUrl', 'https://security.microsoft.com/incident2/' || n, 'tenantId', n, 'customTags', '[]'::jsonb), 'x'
  FROM (
    SELECT n, r1, ${title} AS title, (1 + floor(4 * power(r2, 2)))::int AS rank,
      CASE WHEN n % 7 < 3 THEN 'analyst-' || n % 40 || '@partner.example' END AS who,
      now() - interval '180 days' * r3 AS at
    FROM (SELECT n, hash_unit(n, 1) AS r1, hash_unit(n, 2) AS r2, hash_unit(n, 3) AS r3 FROM generate_series(0, $2::int - 1) n) m
  ) i ORDER BY at`

const alertsStatement = `
  INSERT INTO "IncidentAlert" ("tenantId", "incidentId", "alertId", title, severity, status, product, "createdAt", "updatedAt", surface, raw)
  SELECT i."tenantId", i."incidentId", 'da' || i."incidentId" || '_' || k, i.title, i.severity, 'new', i.products[1], i."createdAt",
    i."updatedAt", 'graph', jsonb_build_object('id', 'da' || i."incidentId" || '_' || k, 'title', i.title, 'serviceSource', i.products[1])
  FROM "Incident" i, generate_series(1, i."alertCount") k`

/** A host and a user of the tenant's own, an address and a hash that others have, too. */
const entitiesStatement = `
  INSERT INTO "IncidentEntity" ("tenantId", "incidentId", kind, value, label, "isAlias", "firstSeenAt", "lastSeenAt")
  SELECT i."tenantId", i."incidentId", e.kind, e.value, e.value, false, i."createdAt", i."updatedAt"
  FROM "Incident" i, LATERAL (VALUES
    ('host', 'host-' || i."incidentId"::int % 9 || '.' || right(i."tenantId"::text, 6) || '.example'),
    ('user', 'user-' || i."incidentId"::int % 30 || '@' || right(i."tenantId"::text, 6) || '.example'),
    ('ip', '203.0.' || i."incidentId"::int % 200 || '.' || i."incidentId"::int / 200 % 250),
    ('hash', md5((i."incidentId"::int % 20000)::text) || md5('x'))) e(kind, value)`

/** Numbers from 0 to 1 that are the same in each run. */
export const hashUnit = `CREATE FUNCTION hash_unit(n int, salt int) RETURNS float8 IMMUTABLE LANGUAGE sql AS
  $$ SELECT (hashint8(n::bigint * 31 + salt * 7919)::bigint + 2147483648) / 4294967296.0 $$`
