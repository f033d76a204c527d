import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { CloudName } from './clouds/clouds.ts'
import type { Substitution } from './clouds/endpoints.ts'
import { readCredentials } from './settings/credentials.ts'
import { createSettingsReader, type SettingProblem, type SettingsReader } from './settings/reader.ts'
import { demoRegistration, requiredPermissions } from './simulator/registration.ts'
import { parseRequiredRoles, type RoleKey } from './tenants/roles.ts'
import type { CredentialSettings } from './tokens/credentials/credential.ts'

/** Everything that can be set, read once and never changed. */
export type Config = {
  port: number
  host: string
  /** Where people and Microsoft reach this installation; no trailing slash. */
  publicUrl: string
  /** null: the embedded PostgreSQL in the data folder. */
  databaseUrl: string | null
  dataDir: string
  role: 'web' | 'worker' | 'all'
  cloud: CloudName
  /** True when the built-in simulator stands in for Microsoft. */
  demo: boolean
  partnerName: string
  partnerTenantId: string
  clientId: string
  /** In the order they are tried. */
  credentials: CredentialSettings[]
  /** Application permissions without which a tenant counts as degraded. */
  requiredRoles: RoleKey[]
  /** All that customers are asked for: the required ones and those that are merely welcome. */
  askedRoles: RoleKey[]
  substitution: Substitution
  simulatorPort: number
  simulatorTenants: number
  /** Key of the installation in base64, null when it is kept in the data folder. */
  secretKey: string | null
  /** Share of a tenant's hunting quota that Tenantry may use, 0–1. */
  huntingShare: number
  /** Days that hunt results are kept. */
  huntRetentionDays: number
  logLevel: LogLevel
}

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
type LogLevel = (typeof logLevels)[number]

const defaultRoles =
  'graph:SecurityIncident.Read.All,graph:SecurityAlert.Read.All,graph:ThreatHunting.Read.All,endpoint:Machine.Read.All'

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
export function readEnvironment(): Record<string, string | undefined> {
  const file = resolve(import.meta.dirname, '../.env')
  if (existsSync(file)) process.loadEnvFile(file)
  return process.env
}

/**
 * Reads and checks all settings.
 *
 * @throws SettingsError that lists every problem at once, without any secret's value
 */
export function loadConfig(environment: Record<string, string | undefined>): Config {
  const read = createSettingsReader(environment)
  const port = read.integer('PORT', 3000, { min: 0, max: 65_535 })
  const clientId = read.guid('TENANTRY_CLIENT_ID')
  const cloud = read.oneOf(
    'TENANTRY_CLOUD',
    ['global', 'gcc', 'gcc-high', 'dod', 'china', 'simulator'],
    read.text('TENANTRY_CLIENT_ID') ? 'global' : 'simulator',
  )
  const demo = cloud === 'simulator'
  const simulatorPort = read.integer('TENANTRY_SIMULATOR_PORT', 3001, { min: 0, max: 65_535 })

  const config: Config = {
    port,
    host: read.text('HOST') ?? '127.0.0.1',
    publicUrl: readPublicUrl(read, port),
    databaseUrl: readDatabaseUrl(read),
    dataDir: resolve(read.text('TENANTRY_DATA_DIR') ?? '.data'),
    role: read.oneOf('TENANTRY_ROLE', ['web', 'worker', 'all'], 'all'),
    cloud: demo ? 'global' : cloud,
    demo,
    partnerName:
      read.text('TENANTRY_PARTNER_NAME') ?? (demo ? demoRegistration.partnerName : 'Your security partner'),
    ...(demo ? demoIdentity(read) : readIdentity(read, clientId)),
    ...readRoles(read, demo),
    substitution: readSubstitution(read, demo, simulatorPort),
    simulatorPort,
    simulatorTenants: read.integer('TENANTRY_SIMULATOR_TENANTS', 25, { min: 1, max: 20_000 }),
    secretKey: readSecretKey(read),
    huntingShare: read.number('TENANTRY_HUNTING_SHARE', 0.6, { min: 0.05, max: 1 }),
    huntRetentionDays: read.integer('TENANTRY_HUNT_RETENTION_DAYS', 30, { min: 1, max: 3650 }),
    logLevel: read.oneOf('LOG_LEVEL', logLevels, 'info'),
  }
  if (read.problems.length > 0) throw new SettingsError(read.problems)
  return Object.freeze(config)
}

type Identity = Pick<Config, 'partnerTenantId' | 'clientId' | 'credentials'>

function demoIdentity(read: SettingsReader): Identity {
  if (read.text('TENANTRY_CLIENT_ID')) {
    read.problem(
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

function readIdentity(read: SettingsReader, clientId: string | null): Identity {
  const partnerTenantId = read.guid('TENANTRY_PARTNER_TENANT_ID')
  if (!read.text('TENANTRY_CLIENT_ID')) {
    read.problem(
      'TENANTRY_CLIENT_ID',
      'is missing',
      'set it to the application (client) id of the registration, or set TENANTRY_CLOUD=simulator for the demo',
    )
  }
  if (!read.text('TENANTRY_PARTNER_TENANT_ID')) {
    read.problem(
      'TENANTRY_PARTNER_TENANT_ID',
      'is missing',
      'set it to the directory (tenant) id of your own tenant, whose staff sign in',
    )
  }
  return {
    partnerTenantId: partnerTenantId ?? '',
    clientId: clientId ?? '',
    credentials: readCredentials(read, path => readFileSync(path, 'utf8')),
  }
}

function readPublicUrl(read: SettingsReader, port: number): string {
  const origin = read.origin('TENANTRY_PUBLIC_URL')
  if (origin !== null) return origin
  if (port === 0 && !read.text('TENANTRY_PUBLIC_URL')) {
    read.problem(
      'TENANTRY_PUBLIC_URL',
      'is missing while PORT is 0',
      'set it, since the port is not known beforehand',
    )
  }
  return `http://localhost:${port}`
}

function readDatabaseUrl(read: SettingsReader): string | null {
  const value = read.text('DATABASE_URL')
  if (value === null) return null
  // The value may hold a password, so the message does not repeat it.
  if (/^postgres(ql)?:$/.test(URL.parse(value)?.protocol ?? '')) return value
  read.problem(
    'DATABASE_URL',
    'is not a PostgreSQL address',
    'write it as postgresql://user:password@host:5432/database, or leave it out for the embedded PostgreSQL',
  )
  return null
}

function readSubstitution(read: SettingsReader, demo: boolean, simulatorPort: number): Substitution {
  const simulator = demo ? `http://127.0.0.1:${simulatorPort}` : null
  return {
    login: read.origin('TENANTRY_LOGIN_URL') ?? simulator,
    graph: read.origin('TENANTRY_GRAPH_URL') ?? simulator,
    defender: read.origin('TENANTRY_DEFENDER_URL') ?? simulator,
    endpoint: read.origin('TENANTRY_ENDPOINT_URL') ?? simulator,
  }
}

function readSecretKey(read: SettingsReader): string | null {
  const value = read.text('TENANTRY_SECRET_KEY')
  if (value === null || Buffer.from(value, 'base64').length >= 32) return value
  read.problem(
    'TENANTRY_SECRET_KEY',
    'is shorter than 32 bytes',
    'make one with "openssl rand -base64 32" and give every process on this database the same',
  )
  return null
}

function readRoles(read: SettingsReader, demo: boolean): Pick<Config, 'requiredRoles' | 'askedRoles'> {
  const ofDemo = requiredPermissions.map(({ surface, role }) => `${surface}:${role}`).join(',')
  const requiredRoles = readRoleList(read, 'TENANTRY_REQUIRED_ROLES', defaultRoles)
  const optionalRoles = readRoleList(read, 'TENANTRY_OPTIONAL_ROLES', demo ? ofDemo : null)
  return { requiredRoles, askedRoles: [...new Set([...requiredRoles, ...optionalRoles])] }
}

function readRoleList(read: SettingsReader, setting: string, fallback: string | null): RoleKey[] {
  const text = read.text(setting) ?? fallback
  if (text === null) return []
  const { roles, problems } = parseRequiredRoles(text)
  for (const problem of problems)
    read.problem(setting, problem, 'write roles as surface:Role, separated by commas')
  return roles
}
