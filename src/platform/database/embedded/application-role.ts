import { createHmac } from 'node:crypto'
import pg from 'pg'
import { connect } from '../connections/connections.ts'

/** What the application works as on the embedded server: owns nothing that migrations made. */
const role = 'tenantry_app'

/**
 * Makes the application's role where it is missing. Its password follows from
 * the superuser's, so that the data folder holds one secret for the server.
 *
 * @param url connection string of the superuser
 * @returns the role's connection string, for the same database
 */
export async function ensureApplicationRole(url: string, superuserPassword: string): Promise<string> {
  const password = createHmac('sha256', superuserPassword).update(role).digest('base64url')
  const client = await connect(url, { name: 'roles', onError: () => {} })
  try {
    const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [role])
    if (!rowCount) {
      await client
        .query(`CREATE ROLE ${role} LOGIN PASSWORD ${pg.escapeLiteral(password)}`)
        .catch(ignoreExisting)
    }
  } finally {
    await client.end()
  }
  return Object.assign(new URL(url), { username: role, password }).href
}

/** Another process that started at the same moment was faster. */
function ignoreExisting(error: { code?: string }): void {
  if (error.code !== '42710' && error.code !== '23505') throw error
}
