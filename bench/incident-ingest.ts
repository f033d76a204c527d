import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type pg from 'pg'
import { createSyncStore } from '../src/incidents/sync/store.ts'
import type { SyncedIncident } from '../src/microsoft/defender/index.ts'
import { exactTimeOf } from '../src/microsoft/defender/sync/model.ts'
import type { Report } from './report.ts'

const perPage = 50
const pages = 400
/** Tenants at once, as the synchronisation has connections. */
const parallel = 8

/**
 * Lists of a first run, page by page, each in a transaction with the tenant's
 * progress, against COPY of the same rows into an empty table with the same
 * indexes.
 *
 * @param folder that the server may write to
 */
export async function measureIngest(
  pool: pg.Pool,
  folder: string,
  tenants: string[],
  report: Report,
): Promise<void> {
  const store = createSyncStore(pool)
  const worker = randomUUID()
  await pool.query('UPDATE "IncidentSync" SET "claimedBy" = $1', [worker])
  const made = Array.from({ length: pages }, (_, page) => pageOf(page))
  const left = made.entries()
  const startedAt = performance.now()
  const work = async (slot: number): Promise<void> => {
    for (const [, incidents] of left)
      await store.write(worker, tenants[slot] ?? '', incidents, new Date(), {})
  }
  await Promise.all(Array.from({ length: parallel }, (_, slot) => work(slot)))
  const ours = performance.now() - startedAt

  const file = join(folder, 'incidents.copy')
  await pool.query(
    `COPY (SELECT * FROM "Incident" WHERE "incidentId"::bigint >= ${firstId}) TO '${file}' WITH (FORMAT text)`,
  )
  await pool.query('CREATE TABLE "IncidentCopy" (LIKE "Incident" INCLUDING ALL)')
  const copiedAt = performance.now()
  const { rowCount } = await pool.query(`COPY "IncidentCopy" FROM '${file}' WITH (FORMAT text)`)
  const copy = performance.now() - copiedAt
  await pool.query('DROP TABLE "IncidentCopy"')
  if (rowCount !== perPage * pages) throw new Error(`${rowCount} rows were copied`)

  const rate = (ms: number) => `${Math.round((perPage * pages * 1000) / ms).toLocaleString('en')} a second`
  report.figure('COPY of incidents into a table with the same indexes', rate(copy))
  report.figure('incidents of a first run', rate(ours))
  const ratio = copy / ours
  report.target('ingest against COPY (0.5x)', `${ratio.toFixed(2)}x`, ratio >= 0.5)
}

const firstId = 900_000_000

function pageOf(page: number): SyncedIncident[] {
  return Array.from({ length: perPage }, (_, index) => incidentOf(page * perPage + index))
}

function incidentOf(number: number): SyncedIncident {
  const id = String(firstId + number)
  const at = new Date(Date.now() - number * 60_000).toISOString()
  const title = `Suspicious activity: endpoint item${number % 4000}`
  const webUrl = `https://security.microsoft.com/incident2/${id}/overview`
  return {
    incident: {
      tenantId: '',
      id,
      title,
      description: 'Several alerts on one endpoint were joined because they share a process tree.',
      status: 'active',
      severity: 'medium',
      classification: 'unknown',
      determination: 'unknown',
      assignedTo: number % 3 === 0 ? `analyst-${number % 40}@partner.example` : null,
      tags: [],
      systemTags: [],
      comments: [],
      redirectTo: null,
      createdAt: at,
      updatedAt: at,
      webUrl,
      alertCount: null,
      isIncomplete: false,
      unfamiliar: [],
      surface: 'graph',
      alerts: null,
    },
    updatedExact: exactTimeOf(at),
    modifiedBy: null,
    raw: {
      id,
      displayName: title,
      createdDateTime: at,
      lastUpdateDateTime: at,
      incidentWebUrl: webUrl,
      status: 'active',
    },
    alerts: null,
    isIncomplete: false,
  }
}
