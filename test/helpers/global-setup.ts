import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { createAudit } from '../../src/audit/audit.ts'
import { createLibrary } from '../../src/hunting/library/library.ts'
import { createQueryAnalyzer } from '../../src/hunting/query/analyzer.ts'
import { startEmbedded } from '../../src/platform/database/embedded.ts'
import { openDatabase } from '../../src/platform/database/index.ts'
import { prepareDatabase } from '../../src/platform/database/migrations/prepare.ts'
import { guardDatabase } from './guard-database.ts'
import { administer, createDatabase } from './postgres.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Of the superuser. */
    postgresUrl: string
    /** Of the role that the application works as. */
    applicationUrl: string
  }
}

/**
 * One real PostgreSQL for the whole run; each test file copies its template:
 * migrated, and with the library as the first start of a server fills it.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tenantry-test-'))
  await chmod(dataDir, 0o755)
  guardDatabase(dataDir)
  const server = await startEmbedded(dataDir)
  // What a crash of the machine would lose is lost with the run: copies of the template take a tenth of the time.
  for (const setting of ['fsync', 'full_page_writes', 'synchronous_commit']) {
    await administer(server.url, `alter system set ${setting} = off`)
  }
  await administer(server.url, 'select pg_reload_conf()')
  const template = await createDatabase(server.url, 'tenantry_template')
  const application = Object.assign(new URL(server.applicationUrl), { pathname: new URL(template).pathname })
  await fillLibrary(await prepareDatabase({ url: application.href, migrationUrl: template }))
  project.provide('postgresUrl', server.url)
  project.provide('applicationUrl', server.applicationUrl)

  return async () => {
    await server.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}

async function fillLibrary(databaseUrl: string): Promise<void> {
  const db = openDatabase(databaseUrl)
  const analyzer = createQueryAnalyzer()
  try {
    await createLibrary({ db, audit: createAudit({ db, key: Buffer.alloc(32) }), analyzer }).seed()
  } finally {
    analyzer.close()
    await db.$disconnect()
  }
}
