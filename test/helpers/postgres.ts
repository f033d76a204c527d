import pg from 'pg'

/** Runs statements as superuser, one after the other on one connection. */
export async function administer(adminUrl: string, statements: string | string[]): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl })
  await client.connect()
  try {
    for (const statement of [statements].flat()) await client.query(statement)
  } finally {
    await client.end()
  }
}

/**
 * Makes a database, as a copy of `template` when one is named, in which the application's role may make the queue's schema.
 *
 * @returns the superuser's connection string for it
 */
export async function createDatabase(adminUrl: string, name: string, template?: string): Promise<string> {
  await administer(adminUrl, [
    `create database "${name}"${template ? ` template "${template}"` : ''}`,
    // Rights on a database are not copied from its template.
    `grant create on database "${name}" to tenantry_app`,
  ])
  const url = new URL(adminUrl)
  url.pathname = `/${name}`
  return url.href
}

export async function dropDatabase(adminUrl: string, name: string): Promise<void> {
  await administer(adminUrl, `drop database if exists "${name}" with (force)`)
}
