import type { RoleKey } from '../microsoft/roles/roles.ts'
import { fewestConnections } from '../platform/database/connections/budget.ts'
import { twoPersonActs } from '../tenants/permissions.ts'
import { anchorTargets, forwardTarget } from './audit-targets.ts'
import {
  acrValue,
  certificateFile,
  color,
  guid,
  host,
  imageFile,
  integer,
  type Kind,
  list,
  listOf,
  mailAddress,
  networks,
  number,
  oneOf,
  origin,
  pemFile,
  postgresUrl,
  proxyUrl,
  secretKey,
  smtpUrl,
  text,
} from './kinds.ts'
import { roleList } from './role-list.ts'

/** One setting. The value is `fallback` when it is not set, null without a fallback. */
export type Setting<T> = {
  parse: Kind<T>
  fallback: T | null
  /** Can be read from a file instead, named by the same setting with `_FILE`. */
  isSecret: boolean
  /** Another name that means the same; the first one wins. */
  alias: string | null
}

type Optional<T> = Setting<T> & { fallback: null }
type Always<T> = Setting<T> & { fallback: T }

function setting<T>(parse: Kind<T>): Optional<T>
function setting<T>(parse: Kind<T>, options: { isSecret: true } | { alias: string }): Optional<T>
function setting<T>(
  parse: Kind<T>,
  options: { fallback: NoInfer<T>; alias?: string; isSecret?: true },
): Always<T>
function setting<T>(
  parse: Kind<T>,
  options: { fallback?: T; alias?: string; isSecret?: true } = {},
): Setting<T> {
  const { fallback = null, alias = null, isSecret = false } = options
  return { parse, fallback, alias, isSecret }
}

const defaultRoles: RoleKey[] = [
  'graph:SecurityIncident.Read.All',
  'graph:SecurityAlert.Read.All',
  'graph:ThreatHunting.Read.All',
  'endpoint:Machine.Read.All',
]

const port = integer({ min: 0, max: 65_535 })

/**
 * Every setting there is: names, how each is read, and what holds without it.
 * The refusal of unknown names follows from this table; a test compares README's table with it.
 */
export const settingsTable = {
  PORT: setting(port, { fallback: 3000 }),
  HOST: setting(host, { fallback: '127.0.0.1' }),
  TENANTRY_PUBLIC_URL: setting(origin),
  TENANTRY_TRUSTED_PROXIES: setting(networks, { fallback: ['loopback'] }),
  DATABASE_URL: setting(postgresUrl, { isSecret: true }),
  TENANTRY_DATABASE_TLS: setting(oneOf('required', 'optional'), { fallback: 'required' }),
  TENANTRY_DATABASE_DIRECT_URL: setting(postgresUrl, { isSecret: true }),
  TENANTRY_DATABASE_CONNECTIONS: setting(integer({ min: fewestConnections, max: 500 }), { fallback: 16 }),
  TENANTRY_MIGRATION_DATABASE_URL: setting(postgresUrl, { isSecret: true }),
  TENANTRY_DATA_DIR: setting(text, { fallback: '.data' }),
  TENANTRY_ROLE: setting(oneOf('web', 'worker', 'all'), { fallback: 'all' }),
  TENANTRY_SHUTDOWN_DELAY_SECONDS: setting(integer({ min: 0, max: 300 }), { fallback: 0 }),
  TENANTRY_SECRET_KEY: setting(secretKey, { isSecret: true }),

  TENANTRY_BACKUP_PASSPHRASE: setting(text, { isSecret: true }),
  TENANTRY_NEW_STAFF: setting(oneOf('all', 'none'), { fallback: 'all' }),
  TENANTRY_RESPONDERS: setting(oneOf('analysts', 'separate'), { fallback: 'analysts' }),
  TENANTRY_SESSION_IDLE_MINUTES: setting(integer({ min: 5, max: 1440 }), { fallback: 60 }),
  TENANTRY_SESSION_HOURS: setting(integer({ min: 1, max: 168 }), { fallback: 12 }),
  TENANTRY_STAFF_ACR: setting(acrValue),
  TENANTRY_KEY_DAYS: setting(integer({ min: 1, max: 3650 }), { fallback: 90 }),
  TENANTRY_KEY_MAX_DAYS: setting(integer({ min: 1, max: 3650 }), { fallback: 365 }),
  TENANTRY_REQUESTS_PER_MINUTE: setting(integer({ min: 10, max: 1_000_000 }), { fallback: 1200 }),

  TENANTRY_CLOUD: setting(oneOf('global', 'gcc', 'gcc-high', 'dod', 'china', 'simulator')),
  TENANTRY_PARTNER_TENANT_ID: setting(guid),
  TENANTRY_PARTNER_NAME: setting(text),
  TENANTRY_PARTNER_CONTACT: setting(text),
  TENANTRY_PARTNER_LOGO_FILE: setting(imageFile),
  TENANTRY_PARTNER_COLOR: setting(color),
  TENANTRY_CLIENT_ID: setting(guid),
  TENANTRY_CLIENT_SECRET: setting(text, { isSecret: true }),
  TENANTRY_CLIENT_SECRET_NEXT: setting(text, { isSecret: true }),
  TENANTRY_CLIENT_CERTIFICATE_FILE: setting(pemFile),
  TENANTRY_CLIENT_CERTIFICATE_FILE_NEXT: setting(pemFile),
  TENANTRY_KEY_VAULT_URL: setting(origin),
  TENANTRY_KEY_VAULT_SECRET: setting(text),
  TENANTRY_KEY_VAULT_CERTIFICATE: setting(text),
  TENANTRY_MANAGED_IDENTITY_CLIENT_ID: setting(text),
  TENANTRY_REQUIRED_ROLES: setting(roleList, { fallback: defaultRoles }),
  TENANTRY_OPTIONAL_ROLES: setting(roleList),

  TENANTRY_HUNTING_SHARE: setting(number({ min: 0.05, max: 1 }), { fallback: 0.6 }),
  TENANTRY_HUNT_RETENTION_DAYS: setting(integer({ min: 1, max: 3650 }), { fallback: 30 }),
  TENANTRY_INCIDENT_RETENTION_DAYS: setting(integer({ min: 1, max: 3650 }), { fallback: 180 }),
  TENANTRY_HISTORY_RETENTION_DAYS: setting(integer({ min: 7, max: 3650 }), { fallback: 365 }),
  TENANTRY_AUDIT_ANCHORS: setting(anchorTargets, { fallback: [{ kind: 'file' }], isSecret: true }),
  TENANTRY_AUDIT_FORWARD: setting(forwardTarget, { isSecret: true }),
  TENANTRY_AUDIT_RETENTION_DAYS: setting(integer({ min: 31, max: 36_500 })),
  TENANTRY_TWO_PERSON: setting(listOf(...twoPersonActs), { fallback: [] }),
  TENANTRY_ENCRYPT: setting(oneOf('none', 'results'), { fallback: 'none' }),
  TENANTRY_SMTP_URL: setting(smtpUrl, { isSecret: true }),
  TENANTRY_MAIL_FROM: setting(mailAddress),

  TENANTRY_LOGIN_URL: setting(origin),
  TENANTRY_GRAPH_URL: setting(origin),
  TENANTRY_DEFENDER_URL: setting(origin),
  TENANTRY_ENDPOINT_URL: setting(origin),
  TENANTRY_SIMULATOR_PORT: setting(port, { fallback: 3001 }),
  TENANTRY_SIMULATOR_TENANTS: setting(integer({ min: 1, max: 20_000 }), { fallback: 25 }),
  HTTPS_PROXY: setting(proxyUrl, { alias: 'https_proxy' }),
  NO_PROXY: setting(list, { fallback: [], alias: 'no_proxy' }),
  NODE_EXTRA_CA_CERTS: setting(certificateFile, { fallback: [] }),
  OTEL_EXPORTER_OTLP_ENDPOINT: setting(text),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: setting(text),
  TENANTRY_METRICS_PORT: setting(port),
  TENANTRY_ACCESS_LOG: setting(oneOf('on', 'off'), { fallback: 'on' }),
  TENANTRY_LOG_LEVEL: setting(oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'), {
    fallback: 'info',
    alias: 'LOG_LEVEL',
  }),
}

export type SettingName = keyof typeof settingsTable

/** All settings by name, each as its kind reads it. */
export type Settings = {
  [Name in SettingName]: (typeof settingsTable)[Name] extends Always<infer T>
    ? T
    : (typeof settingsTable)[Name] extends Setting<infer T>
      ? T | null
      : never
}

export const settingNames = Object.keys(settingsTable) as SettingName[]

/** Names under which the environment may hold a setting; secrets also with `_FILE`. */
export const knownNames: string[] = settingNames.flatMap(name => {
  const { isSecret, alias } = settingsTable[name]
  return [name, ...(isSecret ? [`${name}_FILE`] : []), ...(alias ? [alias] : [])]
})
