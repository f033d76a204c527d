import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseEnv } from 'node:util'
import type { AnchorTarget } from './audit/anchors/sinks.ts'
import type { ForwardTarget } from './audit/forwarding.ts'
import type { CloudName } from './microsoft/clouds/clouds.ts'
import type { Substitution } from './microsoft/clouds/endpoints.ts'
import type { RoleKey } from './microsoft/roles/roles.ts'
import type { CredentialSettings } from './microsoft/tokens/credentials/credential.ts'
import { hostWithoutTls } from './platform/database/connections/tls.ts'
import { decodeText } from './platform/decode-text.ts'
import type { ProxySettings } from './platform/proxy/choose-proxy.ts'
import { readCredentials } from './settings/credentials.ts'
import { demoRegistration, requiredPermissions } from './settings/demo-registration.ts'
import { type ReadSettings, readSettings, type SettingProblem } from './settings/reader.ts'
import type { Settings } from './settings/settings-table.ts'
import type { TwoPersonAct } from './tenants/permissions.ts'

/** Everything that can be set, read once and never changed. */
export type Config = {
  port: number
  host: string
  /** Where people and Microsoft reach this installation; no trailing slash. */
  publicUrl: string
  /** Addresses and networks whose `X-Forwarded-*` counts. */
  trustedProxies: string[]
  /** null: the embedded PostgreSQL in the data folder. */
  databaseUrl: string | null
  /** The same database past a pooler, for LISTEN and migrations; null when `databaseUrl` does for both. */
  databaseDirectUrl: string | null
  /** Connections to the database that this process may have. */
  databaseConnections: number
  /** Between the first 503 of /readyz and the end of the listener, when the process is told to stop. */
  shutdownDelaySeconds: number
  /** The same database by the role that owns its tables; null: the application's role migrates too. */
  migrationDatabaseUrl: string | null
  dataDir: string
  role: 'web' | 'worker' | 'all'
  cloud: CloudName
  /** True when the built-in simulator stands in for Microsoft. */
  demo: boolean
  partnerName: string
  /** Whom customers can ask: a name, a phone number, a mailbox; null when nobody is named. */
  partnerContact: string | null
  /** Path of an SVG or PNG. */
  partnerLogoFile: string | null
  /** `#rrggbb` */
  partnerColor: string | null
  partnerTenantId: string
  clientId: string
  /** In the order they are tried. */
  credentials: CredentialSettings[]
  /** Application permissions without which a tenant counts as degraded. */
  requiredRoles: RoleKey[]
  /** All that customers are asked for: the required ones and those that are merely welcome. */
  askedRoles: RoleKey[]
  substitution: Substitution
  proxy: ProxySettings
  /** Certificates of authorities to trust beside the built-in ones, PEM. */
  extraAuthorities: string[]
  simulatorPort: number
  simulatorTenants: number
  /** Key of the installation in base64, null when it is kept in the data folder. */
  secretKey: string | null
  /** Seals the installation key in backups. */
  backupPassphrase: string | null
  /** Share of a tenant's hunting quota that Tenantry may use, 0–1. */
  huntingShare: number
  /** Days that hunt results are kept. */
  huntRetentionDays: number
  /** Days that incidents are kept after their last update. */
  incidentRetentionDays: number
  /** Days that the history of tenants, links, consents and device actions is kept. */
  historyRetentionDays: number
  audit: {
    /** Where heads of the chain are written. */
    anchors: AnchorTarget[]
    /** Where every event is sent; null: nowhere. */
    forward: ForwardTarget | null
    /** Days after which events are moved to archives; null: never. */
    retentionDays: number | null
  }
  /** What is sealed where it is stored. */
  encrypt: 'none' | 'results'
  /** Acts that wait for a second person. */
  twoPerson: TwoPersonAct[]
  /** The server that mail is handed to, and the sender; null when none is set. The address may hold a password. */
  mail: { url: URL; from: string } | null
  /** Port of /metrics alone; null: it is served beside the pages. */
  /** Whether traces are sent; where to, OpenTelemetry reads itself. */
  isTraced: boolean
  metricsPort: number | null
  /** Whether each request is a line of the log. */
  accessLog: boolean
  /** What somebody sees who signs in for the first time. */
  newStaff: Settings['TENANTRY_NEW_STAFF']
  /** Who acts on devices: every analyst, or the role Tenantry.Responder alone. */
  responders: Settings['TENANTRY_RESPONDERS']
  /** Without a request for so long a session ends. */
  sessionIdleMinutes: number
  /** After so long a session ends, whatever happens in it. */
  sessionHours: number
  /** Authentication context that sensitive acts of staff need; null: none. */
  staffAcr: string | null
  /** How long API keys work where nothing is said, and at most. */
  keyDays: number
  keyMostDays: number
  /** Of one session or API key. */
  requestsPerMinute: number
  logLevel: Settings['TENANTRY_LOG_LEVEL']
}

/** The settings cannot be used; each problem is one line for whoever starts the process. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'
  readonly problems: SettingProblem[]

  constructor(problems: SettingProblem[]) {
    super(
      problems.map(({ setting, message, remedy }) => `${setting}: ${message}. Remedy: ${remedy}.`).join('\n'),
    )
    this.problems = problems
  }
}

/**
 * The process's environment with what `.env` beside package.json adds.
 * A variable that is set for the process wins over the file.
 */
export function readEnvironment(
  file = resolve(import.meta.dirname, '../.env'),
): Record<string, string | undefined> {
  // Into the environment itself, since Azure's libraries read their AZURE_ variables there.
  if (existsSync(file)) {
    for (const [name, value] of Object.entries(parseEnv(readTextFile(file)))) process.env[name] ??= value
  }
  return process.env
}

function readTextFile(path: string): string {
  return decodeText(readFileSync(path))
}

/**
 * Reads and checks all settings.
 *
 * @throws SettingsError that lists every problem at once, without any secret's value
 */
export function loadConfig(environment: Record<string, string | undefined>): Config {
  const read = readSettings(environment, readTextFile)
  const { settings } = read
  const cloud = settings.TENANTRY_CLOUD ?? (read.isGiven('TENANTRY_CLIENT_ID') ? 'global' : 'simulator')
  const demo = cloud === 'simulator'

  const config: Config = {
    port: settings.PORT,
    host: settings.HOST,
    publicUrl: settings.TENANTRY_PUBLIC_URL ?? localUrl(read),
    trustedProxies: settings.TENANTRY_TRUSTED_PROXIES,
    databaseUrl: settings.DATABASE_URL,
    databaseDirectUrl: directUrlOf(read),
    databaseConnections: settings.TENANTRY_DATABASE_CONNECTIONS,
    shutdownDelaySeconds: settings.TENANTRY_SHUTDOWN_DELAY_SECONDS,
    migrationDatabaseUrl: settings.TENANTRY_MIGRATION_DATABASE_URL,
    dataDir: resolve(settings.TENANTRY_DATA_DIR),
    role: settings.TENANTRY_ROLE,
    cloud: demo ? 'global' : cloud,
    demo,
    partnerName:
      settings.TENANTRY_PARTNER_NAME ?? (demo ? demoRegistration.partnerName : 'Your security partner'),
    partnerContact: settings.TENANTRY_PARTNER_CONTACT ?? (demo ? demoRegistration.partnerContact : null),
    partnerLogoFile: settings.TENANTRY_PARTNER_LOGO_FILE,
    partnerColor: settings.TENANTRY_PARTNER_COLOR,
    ...(demo ? demoIdentity(read) : readIdentity(read)),
    ...rolesOf(settings, demo),
    substitution: substitutionOf(settings, demo),
    proxy: { httpsProxy: settings.HTTPS_PROXY, noProxy: settings.NO_PROXY },
    extraAuthorities: settings.NODE_EXTRA_CA_CERTS,
    simulatorPort: settings.TENANTRY_SIMULATOR_PORT,
    simulatorTenants: settings.TENANTRY_SIMULATOR_TENANTS,
    secretKey: settings.TENANTRY_SECRET_KEY,
    backupPassphrase: settings.TENANTRY_BACKUP_PASSPHRASE,
    huntingShare: settings.TENANTRY_HUNTING_SHARE,
    huntRetentionDays: settings.TENANTRY_HUNT_RETENTION_DAYS,
    incidentRetentionDays: settings.TENANTRY_INCIDENT_RETENTION_DAYS,
    historyRetentionDays: settings.TENANTRY_HISTORY_RETENTION_DAYS,
    audit: {
      anchors: settings.TENANTRY_AUDIT_ANCHORS,
      forward: settings.TENANTRY_AUDIT_FORWARD,
      retentionDays: settings.TENANTRY_AUDIT_RETENTION_DAYS,
    },
    encrypt: settings.TENANTRY_ENCRYPT,
    twoPerson: settings.TENANTRY_TWO_PERSON,
    mail: mailOf(read),
    isTraced: Boolean(settings.OTEL_EXPORTER_OTLP_ENDPOINT ?? settings.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT),
    metricsPort: settings.TENANTRY_METRICS_PORT,
    accessLog: settings.TENANTRY_ACCESS_LOG === 'on',
    newStaff: settings.TENANTRY_NEW_STAFF,
    responders: settings.TENANTRY_RESPONDERS,
    sessionIdleMinutes: settings.TENANTRY_SESSION_IDLE_MINUTES,
    sessionHours: settings.TENANTRY_SESSION_HOURS,
    staffAcr: settings.TENANTRY_STAFF_ACR,
    keyDays: keyDaysOf(read),
    keyMostDays: settings.TENANTRY_KEY_MAX_DAYS,
    requestsPerMinute: settings.TENANTRY_REQUESTS_PER_MINUTE,
    logLevel: settings.TENANTRY_LOG_LEVEL,
  }
  if (config.migrationDatabaseUrl && !config.databaseUrl) {
    read.problem(
      'TENANTRY_MIGRATION_DATABASE_URL',
      'is set although DATABASE_URL is not',
      'set DATABASE_URL to the same database with the role that the application works as, or remove it',
    )
  }
  refuseOpenDatabase(read)
  if (read.problems.length > 0) throw new SettingsError(read.problems)
  return Object.freeze(config)
}

/** What is sent to a database on another machine, passwords and customers' data, is sealed on the way unless told otherwise. */
function refuseOpenDatabase({ settings, problem }: ReadSettings): void {
  if (settings.TENANTRY_DATABASE_TLS === 'optional') return
  const names = ['DATABASE_URL', 'TENANTRY_DATABASE_DIRECT_URL', 'TENANTRY_MIGRATION_DATABASE_URL'] as const
  for (const name of names) {
    const url = settings[name]
    const host = url === null ? null : hostWithoutTls(url)
    if (host === null) continue
    problem(
      name,
      `leads to ${host} without TLS`,
      'add sslmode=verify-full to it, or set TENANTRY_DATABASE_TLS=optional where the way to that server is safe',
    )
  }
}

type Identity = Pick<Config, 'partnerTenantId' | 'clientId' | 'credentials'>

function demoIdentity({ isGiven, problem }: ReadSettings): Identity {
  if (isGiven('TENANTRY_CLIENT_ID')) {
    problem(
      'TENANTRY_CLOUD',
      'is "simulator" although TENANTRY_CLIENT_ID names a registration',
      'remove one of the two',
    )
  }
  const { partnerTenantId, clientId, clientSecret } = demoRegistration
  return {
    partnerTenantId,
    clientId,
    credentials: [{ kind: 'secret', secret: clientSecret, label: 'demo client secret' }],
  }
}

function readIdentity(read: ReadSettings): Identity {
  const { settings, isGiven, problem } = read
  if (!isGiven('TENANTRY_CLIENT_ID')) {
    problem(
      'TENANTRY_CLIENT_ID',
      'is missing',
      'set it to the application (client) id of the registration, or set TENANTRY_CLOUD=simulator for the demo',
    )
  }
  if (!isGiven('TENANTRY_PARTNER_TENANT_ID')) {
    problem(
      'TENANTRY_PARTNER_TENANT_ID',
      'is missing',
      'set it to the directory (tenant) id of your own tenant, whose staff sign in',
    )
  }
  return {
    partnerTenantId: settings.TENANTRY_PARTNER_TENANT_ID ?? '',
    clientId: settings.TENANTRY_CLIENT_ID ?? '',
    credentials: readCredentials(read),
  }
}

function mailOf({ settings, isGiven, problem }: ReadSettings): Config['mail'] {
  const { TENANTRY_SMTP_URL: url, TENANTRY_MAIL_FROM: from } = settings
  if (isGiven('TENANTRY_SMTP_URL') && !isGiven('TENANTRY_MAIL_FROM')) {
    problem(
      'TENANTRY_MAIL_FROM',
      'is missing although TENANTRY_SMTP_URL is set',
      'set it to the address that mail comes from, such as Tenantry <alerts@partner.example>',
    )
  }
  if (isGiven('TENANTRY_MAIL_FROM') && !isGiven('TENANTRY_SMTP_URL')) {
    problem(
      'TENANTRY_SMTP_URL',
      'is missing although TENANTRY_MAIL_FROM is set',
      'set it to your mail server, such as smtp://user:password@mail.partner.example:587',
    )
  }
  return url && from ? { url, from } : null
}

function directUrlOf({ settings, problem }: ReadSettings): string | null {
  if (settings.TENANTRY_DATABASE_DIRECT_URL && !settings.DATABASE_URL) {
    problem(
      'TENANTRY_DATABASE_DIRECT_URL',
      'is set without DATABASE_URL',
      "set DATABASE_URL to the pooler's address, or remove it",
    )
  }
  return settings.TENANTRY_DATABASE_DIRECT_URL
}

function keyDaysOf({ settings, isGiven, problem }: ReadSettings): number {
  const { TENANTRY_KEY_DAYS: usual, TENANTRY_KEY_MAX_DAYS: most } = settings
  if (isGiven('TENANTRY_KEY_DAYS') && usual > most) {
    problem(
      'TENANTRY_KEY_DAYS',
      `is more than TENANTRY_KEY_MAX_DAYS, which is ${most}`,
      'set it to at most that',
    )
  }
  return Math.min(usual, most)
}

function localUrl({ settings, isGiven, problem }: ReadSettings): string {
  if (settings.PORT === 0 && !isGiven('TENANTRY_PUBLIC_URL')) {
    problem(
      'TENANTRY_PUBLIC_URL',
      'is missing while PORT is 0',
      'set it, since the port is not known beforehand',
    )
  }
  return `http://localhost:${settings.PORT}`
}

function substitutionOf(settings: Settings, demo: boolean): Substitution {
  const simulator = demo ? `http://127.0.0.1:${settings.TENANTRY_SIMULATOR_PORT}` : null
  return {
    login: settings.TENANTRY_LOGIN_URL ?? simulator,
    graph: settings.TENANTRY_GRAPH_URL ?? simulator,
    defender: settings.TENANTRY_DEFENDER_URL ?? simulator,
    endpoint: settings.TENANTRY_ENDPOINT_URL ?? simulator,
  }
}

function rolesOf(settings: Settings, demo: boolean): Pick<Config, 'requiredRoles' | 'askedRoles'> {
  const ofDemo = demo ? requiredPermissions.map(({ surface, role }) => `${surface}:${role}` as const) : []
  const requiredRoles = settings.TENANTRY_REQUIRED_ROLES
  const optionalRoles = settings.TENANTRY_OPTIONAL_ROLES ?? ofDemo
  return { requiredRoles, askedRoles: [...new Set([...requiredRoles, ...optionalRoles])] }
}
