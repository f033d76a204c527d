import { randomUUID } from 'node:crypto'
import { inject } from 'vitest'
import { type Database, openDatabase } from '../../src/database/index.ts'
import { createDatabase, dropDatabase } from './postgres.ts'

export type TestDatabase = { db: Database; url: string; drop(): Promise<void> }

/** An empty, migrated database of its own on the run's PostgreSQL. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const adminUrl = inject('postgresUrl')
  const name = `test_${randomUUID().replaceAll('-', '')}`
  const url = await createDatabase(adminUrl, name, 'tenantry_template')
  const db = openDatabase(url, 8)
  return {
    db,
    url,
    drop: async () => {
      await db.$disconnect()
      await dropDatabase(adminUrl, name)
    },
  }
}
