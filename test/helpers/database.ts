import { randomUUID } from 'node:crypto'
import { inject } from 'vitest'
import { type Database, openDatabase } from '../../src/platform/database/index.ts'
import { administer, createDatabase, dropDatabase } from './postgres.ts'

export type TestDatabase = {
  db: Database
  /** As the application's role, which `db` works as too. */
  url: string
  /** As the superuser. */
  adminUrl: string
  /** Empties the audit, as only a superuser can. */
  emptyAudit(): Promise<void>
  drop(): Promise<void>
}

/**
 * An empty, migrated database of its own on the run's PostgreSQL.
 *
 * @param settings of the database, such as its time zone
 */
export async function createTestDatabase(settings: Record<string, string> = {}): Promise<TestDatabase> {
  const adminUrl = inject('postgresUrl')
  const name = `test_${randomUUID().replaceAll('-', '')}`
  const ownUrl = await createDatabase(adminUrl, name, 'tenantry_template')
  const url = Object.assign(new URL(inject('applicationUrl')), { pathname: `/${name}` }).href
  for (const [setting, value] of Object.entries(settings)) {
    await administer(adminUrl, `alter database "${name}" set ${setting} = '${value}'`)
  }
  return testDatabaseAt({ url, adminUrl: ownUrl, drop: () => dropDatabase(adminUrl, name) })
}

/** A migrated database that stands already. */
export function testDatabaseAt({
  url,
  adminUrl,
  drop,
}: {
  url: string
  adminUrl: string
  drop: () => Promise<void>
}): TestDatabase {
  const db = openDatabase(url, 8)
  return {
    db,
    url,
    adminUrl,
    emptyAudit: () =>
      administer(adminUrl, [
        'set session_replication_role = replica',
        'delete from "AuditEvent"',
        'delete from "AuditHead"',
        'delete from "AuditSegment"',
      ]),
    drop: async () => {
      await db.$disconnect()
      await drop()
    },
  }
}
