import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import { onTestFinished } from 'vitest'
import { markDeleted, type StoreChange, writeIncidents } from '../../src/incidents/write-store.ts'
import type { Alert, Evidence, Incident, SyncedIncident } from '../../src/microsoft/defender/index.ts'
import { exactTimeOf } from '../../src/microsoft/defender/sync/model.ts'
import { createPool } from '../../src/platform/database/connections/connections.ts'
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts'

export type Stage = TestDatabase & {
  /** Makes a tenant with these tags. @returns its id */
  tenant(name: string, tags?: string[]): Promise<string>
  /** Writes incidents as the synchronisation does. */
  write(tenantId: string, incidents: SyncedIncident[], askedAt?: Date): Promise<StoreChange[]>
  markDeleted(tenantId: string, incidentId: string): Promise<StoreChange | null>
}

/** A database with tenants and incidents, without anything that synchronises them. */
export async function givenStore(): Promise<Stage> {
  const database = await createTestDatabase()
  const pool = createPool(database.url, { name: 'test', max: 2 })
  // The database is dropped right after the pool ended.
  pool.on('error', () => {})
  onTestFinished(async () => {
    await pool.end()
    await database.drop()
  })
  const { db } = database
  async function inTransaction<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await pool.connect()
    try {
      await client.query('BEGIN')
      const result = await work(client)
      await client.query('COMMIT')
      return result
    } finally {
      client.release()
    }
  }

  return {
    ...database,

    async tenant(name, tags = []) {
      const { id } = await db.tenant.create({
        data: {
          id: randomUUID(),
          name,
          tags,
          cloud: 'global',
          status: 'connected',
          customer: { create: { name, nameKey: `${name.toLowerCase()} ${randomUUID()}` } },
        },
      })
      return id
    },

    write: (tenantId, incidents, askedAt = new Date()) =>
      inTransaction(async client => (await writeIncidents(client, { tenantId, incidents, askedAt })).changes),
    markDeleted: (tenantId, incidentId) => inTransaction(client => markDeleted(client, tenantId, incidentId)),
  }
}

/** An incident as Graph would tell it, without alerts. */
export function anIncident(
  id: string,
  facts: Partial<Incident> & { updatedExact?: string; alerts?: Alert[] | null } = {},
): SyncedIncident {
  const { updatedExact, alerts = null, ...given } = facts
  const updatedAt = given.updatedAt ?? '2026-11-01T08:00:00.000Z'
  const incident: Incident = {
    tenantId: '',
    id,
    title: `Incident ${id}`,
    description: null,
    status: 'active',
    severity: 'medium',
    classification: 'unknown',
    determination: 'unknown',
    assignedTo: null,
    tags: [],
    systemTags: [],
    comments: [],
    redirectTo: null,
    createdAt: '2026-11-01T07:00:00.000Z',
    webUrl: `https://security.microsoft.com/incident2/${id}/overview`,
    alertCount: null,
    isIncomplete: false,
    unfamiliar: [],
    surface: 'graph',
    ...given,
    updatedAt,
    alerts: null,
  }
  return {
    incident,
    updatedExact: updatedExact ?? exactTimeOf(updatedAt),
    modifiedBy: null,
    raw: { id, displayName: incident.title },
    alerts: alerts?.map(alert => ({ alert, raw: rawAlert(alert) })) ?? null,
    isIncomplete: false,
  }
}

export function anAlert(id: string, facts: Partial<Alert> = {}): Alert {
  return {
    tenantId: '',
    id,
    incidentId: null,
    title: `Alert ${id}`,
    description: null,
    recommendedActions: null,
    status: 'new',
    severity: 'medium',
    classification: 'unknown',
    determination: 'unknown',
    categories: ['CredentialAccess'],
    mitreTechniques: ['T1003.001'],
    serviceSource: 'microsoftDefenderForEndpoint',
    detectionSource: 'antivirus',
    investigationState: null,
    threatName: null,
    threatFamily: null,
    actorName: null,
    assignedTo: null,
    createdAt: '2026-11-01T07:00:00.000Z',
    updatedAt: '2026-11-01T07:00:00.000Z',
    resolvedAt: null,
    firstActivityAt: '2026-11-01T06:00:00.000Z',
    lastActivityAt: '2026-11-01T06:30:00.000Z',
    comments: [],
    evidence: [],
    webUrl: null,
    unfamiliar: [],
    surface: 'graph',
    ...facts,
  }
}

export function someEvidence(kind: Evidence['kind'], title: string, facts: Evidence['facts'] = {}): Evidence {
  return {
    kind,
    type: kind,
    title,
    verdict: 'suspicious',
    remediation: 'none',
    roles: [],
    facts,
    deviceId: null,
  }
}

/** What the reader of stored alerts needs of an answer. */
function rawAlert({ id, title, createdAt, updatedAt, serviceSource }: Alert) {
  return { id, title, createdDateTime: createdAt, lastUpdateDateTime: updatedAt, serviceSource }
}
