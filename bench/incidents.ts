import { fork } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { createPool } from '../src/platform/database/connections/connections.ts'
import { type EmbeddedServer, startEmbedded } from '../src/platform/database/embedded.ts'
import { prepareDatabase } from '../src/platform/database/migrations/prepare.ts'
import { openServices } from './hunt-services.ts'
import { fillStore, hashUnit, type Size } from './incident-data.ts'
import { measureIngest } from './incident-ingest.ts'
import { measureQueries } from './incident-queries.ts'
import { measureRounds } from './incident-rounds.ts'
import type { Report } from './report.ts'

/** How long the bare Microsoft takes for an answer. */
const latencyMs = 100
const sizes = {
  small: { tenants: 100, incidents: 10_000 },
  large: { tenants: 10_000, incidents: 1_000_000 },
} as const

/** The queue, the dashboard and the synchronisation at 1,000,000 incidents, against a hundredth of them. */
export async function run(report: Report): Promise<void> {
  const server = fork(new URL('./hunt-server.ts', import.meta.url), [String(latencyMs)])
  const [port] = (await once(server, 'message')) as [number]
  const origin = `http://127.0.0.1:${port}`
  const dataDir = await mkdtemp(join(tmpdir(), 'tenantry-bench-'))
  await chmod(dataDir, 0o755)
  const postgres = await startEmbedded(dataDir)
  try {
    const small = await makeStore(postgres, 'small', sizes.small)
    const large = await makeStore(postgres, 'large', sizes.large)
    const [few, many] = [
      await openServices(origin, small, dataDir),
      await openServices(origin, large, dataDir),
    ]
    try {
      await measureQueries(few, many, report)
      await many.start({ work: false, syncIncidents: true })
      await measureRounds(many, large, origin, tenantIds(sizes.large.tenants), report)
    } finally {
      await few.close(5_000)
      await many.close(5_000)
    }
    const pool = createPool(small, { name: 'ingest', max: 8 })
    await measureIngest(pool, join(dataDir, 'postgres'), tenantIds(sizes.small.tenants), report)
    await pool.end()
  } finally {
    await postgres.stop()
    await rm(dataDir, { recursive: true, force: true })
    server.disconnect()
  }
}

/** @returns the connection string of a database of that size */
async function makeStore(postgres: EmbeddedServer, name: string, size: Size): Promise<string> {
  const admin = new pg.Client({ connectionString: postgres.url })
  await admin.connect()
  await admin.query(`CREATE DATABASE "${name}"`)
  await admin.end()
  const url = new URL(postgres.url)
  url.pathname = `/${name}`
  await prepareDatabase({ url: url.href, migrationUrl: null })
  const client = new pg.Client({ connectionString: url.href })
  await client.connect()
  await client.query(hashUnit)
  await fillStore(client, size)
  await client.end()
  return url.href
}

function tenantIds(count: number): string[] {
  return Array.from(
    { length: count },
    (_, index) => `b0b0b0b0-0000-4000-8000-${index.toString(16).padStart(12, '0')}`,
  )
}
