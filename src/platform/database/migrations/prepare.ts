import { connect, withSchemaOf } from '../connections/connections.ts'
import { explainDatabase, placeOf, refuse } from '../connections/refusals.ts'
import { protectAudit } from '../protection/protect.ts'
import { migrate } from './migrations.ts'
import { checkServer } from './server-check.ts'

/** How a database is reached. */
export type DatabaseAccess = {
  /** What everything works with. */
  url: string
  /** Of the role that migrates and owns the tables; null when it is the same role. */
  migrationUrl: string | null
  /** The same database and role past a pooler; null when `url` needs none. */
  directUrl?: string | null
}

/**
 * Makes a database ready to be worked with: checks the server, applies what
 * is missing of the schema and protects the audit. Migrations go past a pooler.
 *
 * @param onApplied hears of each migration that was applied now, oldest first
 * @returns the connection string for everything that follows
 * @throws AppError `settings` with the cause and the remedy in one line
 */
export async function prepareDatabase(
  { url, migrationUrl, directUrl = null }: DatabaseAccess,
  onApplied: (migration: string) => void = () => {},
): Promise<string> {
  if (migrationUrl) {
    const migrating = await checkServer(migrationUrl)
    requireOtherRole(url, migrationUrl)
    await applyTo(migrating, placeOf(url).user, onApplied)
    // The schema that the migrating role's settings lead to holds for the application too.
    const checked = await checkServer(withSchemaOf(url, migrating), { isMigrated: true })
    if (directUrl) await requireSameServer(checked, await checkServer(directUrl, { isMigrated: true }))
    return checked
  }
  const checked = await checkServer(url)
  const direct = directUrl ? withSchemaOf(await checkServer(directUrl), checked) : checked
  if (direct !== checked) await requireSameServer(checked, direct)
  await applyTo(direct, null, onApplied)
  return checked
}

/** @param applicationRole null when it is the role that migrates */
async function applyTo(
  migrating: string,
  applicationRole: string | null,
  onApplied: (migration: string) => void,
): Promise<void> {
  try {
    for (const name of await migrate(migrating)) onApplied(name)
    await protectAudit(migrating, applicationRole)
  } catch (error) {
    throw explainDatabase(error, placeOf(migrating))
  }
}

function requireOtherRole(url: string, migrationUrl: string): void {
  const [application, migrating] = [placeOf(url), placeOf(migrationUrl)]
  if (application.database !== migrating.database) {
    throw refuse(
      `DATABASE_URL names database "${application.database}" and TENANTRY_MIGRATION_DATABASE_URL "${migrating.database}"`,
      'Name the same database in both; only the roles differ.',
    )
  }
  if (application.user === migrating.user) {
    throw refuse(
      `DATABASE_URL and TENANTRY_MIGRATION_DATABASE_URL both name the role "${application.user}"`,
      'Name a role in DATABASE_URL that owns nothing, or remove TENANTRY_MIGRATION_DATABASE_URL.',
    )
  }
}

/** Notices that are sent to one database and listened for in another would be lost without a word. */
async function requireSameServer(url: string, direct: string): Promise<void> {
  const [one, other] = await Promise.all([identify(url), identify(direct)])
  if (one === other) return
  throw refuse(
    'DATABASE_URL and TENANTRY_DATABASE_DIRECT_URL lead to different databases',
    'Let both lead to the same one, the first through the pooler and the second past it.',
  )
}

async function identify(url: string): Promise<string> {
  const client = await connect(url, { name: 'check', onError: () => {} })
  try {
    const { rows } = await client.query<{ id: string }>(
      `SELECT concat_ws(' ', current_database(), extract(epoch FROM pg_postmaster_start_time())) AS id`,
    )
    return rows[0]?.id ?? ''
  } catch (error) {
    throw explainDatabase(error, placeOf(url))
  } finally {
    await client.end()
  }
}
