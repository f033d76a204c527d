import { hostname } from 'node:os'
import type { Config } from '../config.ts'

/** What the audit keeps of the settings at a start: what decides who may do what and where data goes, and no secret. */
export function auditableSettings(config: Config) {
  const { publicUrl, host, port, role, cloud, demo, dataDir, partnerTenantId, clientId } = config
  const { requiredRoles, askedRoles, trustedProxies, audit, credentials } = config
  return {
    machine: hostname(),
    processId: process.pid,
    publicUrl,
    host,
    port,
    role,
    cloud: demo ? 'simulator' : cloud,
    dataDir,
    database: config.databaseUrl ? 'DATABASE_URL' : 'embedded',
    hasMigrationRole: config.migrationDatabaseUrl !== null || config.databaseUrl === null,
    partnerTenantId,
    clientId,
    credentials: credentials.map(({ kind }) => kind),
    requiredRoles,
    askedRoles,
    trustedProxies,
    twoPerson: config.twoPerson,
    newStaff: config.newStaff,
    responders: config.responders,
    anchors: audit.anchors.map(({ kind }) => kind),
    forward: audit.forward?.kind ?? null,
    auditRetentionDays: audit.retentionDays,
    incidentRetentionDays: config.incidentRetentionDays,
    huntRetentionDays: config.huntRetentionDays,
  }
}
