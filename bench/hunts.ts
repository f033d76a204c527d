import { fork } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, request } from 'undici'
import { isOver } from '../src/hunting/hunts/model.ts'
import type { ExportFormat } from '../src/hunting/results/export/write-export.ts'
import { startEmbedded } from '../src/platform/database/embedded.ts'
import { openDatabase } from '../src/platform/database/index.ts'
import { prepareDatabase } from '../src/platform/database/migrations/prepare.ts'
import type { Services } from '../src/services.ts'
import { systemActor } from '../src/tenants/actor.ts'
import type { Written } from './hunt-export.ts'
import { clientId, openServices } from './hunt-services.ts'
import type { Report } from './report.ts'

const concurrency = 64
const latencyMs = 200
const query = 'DeviceProcessEvents | project Timestamp, DeviceName, FileName'

/** Hunts over many tenants against the bare calls, and what comes out of a large one. */
export async function run(report: Report): Promise<void> {
  const server = await startServer()
  const dataDir = await mkdtemp(join(tmpdir(), 'tenantry-bench-'))
  await chmod(dataDir, 0o755)
  const postgres = await startEmbedded(dataDir)
  try {
    await prepareDatabase({ url: postgres.url, migrationUrl: null })
    await givenTenants(postgres.url, 10_000)
    const services = await openServices(server.origin, postgres.url, dataDir)
    await services.start({ work: true })
    try {
      await measureThousand(services, server.origin, report)
      const huntId = await measureLarge(services, report)
      await measureExports([server.origin, postgres.url, dataDir, huntId], report)
      await measureLooks(services, huntId, report)
    } finally {
      await services.close(5_000)
    }
  } finally {
    await postgres.stop()
    await rm(dataDir, { recursive: true, force: true })
    server.stop()
  }
}

async function measureThousand(services: Services, origin: string, report: Report): Promise<void> {
  const tenants = tenantIds(1_000)
  // Everything is loaded and compiled once, here and there.
  await hunt(services, query, tenantIds(10_000).slice(9_900))
  await bareLoop(origin, tenantIds(10_000).slice(9_900))

  const bare: number[] = []
  const ours: Ran[] = []
  for (let round = 0; round < 3; round++) {
    bare.push(await bareLoop(origin, tenants))
    services.tokens.dropAll()
    ours.push(await hunt(services, query, tenants))
  }
  const fastest = ours.toSorted((a, b) => a.wallMs - b.wallMs)[0] ?? {
    wallMs: Number.NaN,
    firstRowMs: Number.NaN,
  }
  const bareMs = Math.min(...bare)
  const ratio = fastest.wallMs / bareMs
  report.figure('1,000 tenants, bare loop', bare.map(seconds).join(', '))
  report.figure('1,000 tenants, hunt', ours.map(({ wallMs }) => seconds(wallMs)).join(', '))
  report.target('1,000 tenants against the bare loop (1.25x)', `${ratio.toFixed(2)}x`, ratio <= 1.25)
  report.target(
    'first rows are there within a second',
    seconds(fastest.firstRowMs),
    fastest.firstRowMs <= 1000,
  )

  services.tokens.dropAll()
  const large = await hunt(services, query, tenantIds(10_000))
  const perTenant = large.wallMs / 10_000 / (fastest.wallMs / 1_000)
  report.figure('10,000 tenants, hunt', seconds(large.wallMs))
  report.target('cost per tenant at 10,000 (1.2x)', `${perTenant.toFixed(2)}x`, perTenant <= 1.2)
}

async function measureLarge(services: Services, report: Report): Promise<string> {
  const { id, rowCount } = await hunt(services, `${query} | take 5000`, tenantIds(200))
  report.target('rows of the large hunt', rowCount.toLocaleString('en'), rowCount === 1_000_000)
  return id
}

async function measureExports(where: string[], report: Report): Promise<void> {
  const formats: ExportFormat[] = ['csv', 'ndjson', 'json', 'parquet']
  let ndjsonBytes = 0
  for (const format of formats) {
    const { bytes, seconds, growth } = await writeElsewhere([...where, format])
    ndjsonBytes = format === 'ndjson' ? bytes : ndjsonBytes
    // A Parquet file is a small part of what it holds; its rate is that of the rows read.
    const rate = (format === 'parquet' ? ndjsonBytes : bytes) / 1e6 / seconds
    const size = `${(bytes / 1e6).toFixed(0)} MB in ${seconds.toFixed(2)} s`
    report.figure(`1,000,000 rows as ${format}`, size)
    const grown = `${(growth / 1e6).toFixed(0)} MB`
    report.target(`${format}: memory grows by less than 150 MB`, grown, growth < 150e6)
    report.target(`${format}: at least 20 MB/s`, `${rate.toFixed(0)} MB/s`, rate >= 20)
  }
}

async function writeElsewhere(args: string[]): Promise<Written> {
  const child = fork(new URL('./hunt-export.ts', import.meta.url), args)
  const ended = once(child, 'exit')
  const [written] = (await Promise.race([once(child, 'message'), ended])) as [Written | number | null]
  await ended
  if (typeof written === 'object' && written) return written
  throw new Error(`the export ended with ${written}`)
}

async function measureLooks(services: Services, id: string, report: Report): Promise<void> {
  const startedAt = performance.now()
  const groups = () => services.hunts.groups(systemActor, id, { columns: ['DeviceName', 'FileName'] })
  await groups()
  report.figure(
    'first grouping of 1,000,000 rows, with its table made',
    seconds(performance.now() - startedAt),
  )
  const againAt = performance.now()
  await groups()
  report.figure('grouping of 1,000,000 rows', seconds(performance.now() - againAt))
  const sortedAt = performance.now()
  await services.hunts.page(systemActor, id, {
    sort: { column: 'ReportId', descending: true },
    offset: 500_000,
  })
  report.figure('a page from the middle of 1,000,000 sorted rows', seconds(performance.now() - sortedAt))
}

type Ran = { id: string; wallMs: number; firstRowMs: number; rowCount: number }

/** From asking for the hunt to its last row being stored. */
async function hunt(services: Services, text: string, tenants: string[]): Promise<Ran> {
  const startedAt = Date.now()
  const { id } = await services.hunts.create(systemActor, { query: text, tenants })
  let firstRowMs = Number.NaN
  for (;;) {
    const { status, rowCount, counts, finishedAt } = await services.hunts.summary(systemActor, id)
    const hasRows = rowCount > 0
    if (hasRows && Number.isNaN(firstRowMs)) firstRowMs = Date.now() - startedAt
    if (isOver(status)) {
      if (counts.succeeded !== tenants.length) throw new Error(`not all answered: ${JSON.stringify(counts)}`)
      // By the database's clock, which is this machine's: looking often would be measured, too.
      return { id, wallMs: Date.parse(finishedAt ?? '') - startedAt, firstRowMs, rowCount }
    }
    await sleep(hasRows ? 250 : 50)
  }
}

/** The same calls with the same concurrency, a token and a hunt per tenant, storing nothing. */
async function bareLoop(origin: string, tenants: string[]): Promise<number> {
  const dispatcher = new Agent({ connections: 256, pipelining: 1, keepAliveTimeout: 20_000 })
  const post = async (path: string, contentType: string, body: string, authorization?: string) => {
    const answer = await request(`${origin}${path}`, {
      dispatcher,
      method: 'POST',
      headers: { 'content-type': contentType, ...(authorization ? { authorization } : {}) },
      body,
    })
    return answer.body.text()
  }
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: 'bench',
    scope: 'https://graph.microsoft.com/.default',
  }).toString()

  const startedAt = performance.now()
  const left = tenants.values()
  const work = async (): Promise<void> => {
    for (const tenant of left) {
      const token = await post(`/${tenant}/oauth2/v2.0/token`, 'application/x-www-form-urlencoded', form)
      const { access_token } = JSON.parse(token) as { access_token: string }
      const body = JSON.stringify({ Query: query })
      await post('/v1.0/security/runHuntingQuery', 'application/json', body, `Bearer ${access_token}`)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work))
  const wallMs = performance.now() - startedAt
  await dispatcher.close()
  return wallMs
}

async function startServer(): Promise<{ origin: string; stop(): void }> {
  const child = fork(new URL('./hunt-server.ts', import.meta.url), [String(latencyMs)])
  const [port] = (await once(child, 'message')) as [number]
  return { origin: `http://127.0.0.1:${port}`, stop: () => child.disconnect() }
}

/** Tenants that granted hunting and whose next check is far away. */
async function givenTenants(databaseUrl: string, count: number): Promise<void> {
  const db = openDatabase(databaseUrl, 1)
  const customer = await db.customer.create({ data: { name: 'Customers', nameKey: 'customers' } })
  const tenants = tenantIds(count).map((id, index) => ({
    id,
    customerId: customer.id,
    name: `Customer ${String(index).padStart(5, '0')}`,
    cloud: 'global',
    status: 'connected',
    rolesGranted: ['graph:ThreatHunting.Read.All'],
    nextCheckAt: new Date(Date.now() + 86_400_000),
  }))
  // More than a statement's parameters hold would be sent as several at once on one connection.
  while (tenants.length > 0) await db.tenant.createMany({ data: tenants.splice(0, 1_000) })
  await db.$disconnect()
}

function tenantIds(count: number): string[] {
  return Array.from(
    { length: count },
    (_, index) => `b0b0b0b0-0000-4000-8000-${index.toString(16).padStart(12, '0')}`,
  )
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`
}
