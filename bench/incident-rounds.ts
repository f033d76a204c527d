import pg from 'pg'
import { Agent, request } from 'undici'
import { syncDefaults } from '../src/incidents/sync/engine.ts'
import type { Services } from '../src/services.ts'
import { collect } from './collect.ts'
import type { Report } from './report.ts'

/** A round over every tenant, of which none has anything new, against the bare loop of its calls. */
export async function measureRounds(
  services: Services,
  databaseUrl: string,
  origin: string,
  tenants: string[],
  report: Report,
): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    // The first one loads all code, and has a token made for each tenant.
    await round(services, client)
    collect()
    const before = process.memoryUsage().heapUsed
    const ours: number[] = []
    const busy: number[] = []
    const bare: number[] = []
    for (let turn = 0; turn < 3; turn++) {
      bare.push(await bareLoop(origin, tenants))
      const used = process.cpuUsage()
      ours.push(await round(services, client))
      const { user, system } = process.cpuUsage(used)
      busy.push((user + system) / 1000)
    }
    collect()
    const growth = process.memoryUsage().heapUsed - before
    const [fastest, bareMs] = [Math.min(...ours), Math.min(...bare)]
    const ratio = fastest / bareMs
    const count = tenants.length.toLocaleString('en')
    report.figure(`${count} idle tenants, bare loop`, bare.map(seconds).join(', '))
    report.figure(`${count} idle tenants, round`, ours.map(seconds).join(', '))
    report.figure('processor time of such a round, the database apart', busy.map(seconds).join(', '))
    report.target('a round ends within its minute', seconds(Math.max(...ours)), Math.max(...ours) <= 60_000)
    report.target('a round against the bare loop (1.25x)', `${ratio.toFixed(2)}x`, ratio <= 1.25)
    report.target(
      'memory after three more rounds (less than 20 MB)',
      `${(growth / 1e6).toFixed(1)} MB`,
      growth < 20e6,
    )
  } finally {
    await client.end()
  }
}

/** Makes every tenant due. @returns milliseconds until the last was asked and its outcome is stored */
async function round({ sync }: Services, client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ at: Date }>(
    `UPDATE "IncidentSync" SET "nextAt" = now() RETURNING now() AS at`,
  )
  const startedAt = performance.now()
  await sync.wake([])
  for (;;) {
    const { rows: left } = await client.query<{ left: number }>(
      `SELECT count(*)::int AS left FROM "IncidentSync" WHERE "syncedAt" < $1 OR "claimedBy" IS NOT NULL`,
      [rows[0]?.at],
    )
    if (left[0]?.left === 0) return performance.now() - startedAt
    await new Promise(resolve => setTimeout(resolve, 100))
  }
}

/** The same calls with the same concurrency; tokens are at hand, as they are for the rounds. */
async function bareLoop(origin: string, tenants: string[]): Promise<number> {
  const dispatcher = new Agent({ connections: 256, pipelining: 1, keepAliveTimeout: 20_000 })
  const headers = { authorization: `Bearer ${'x'.repeat(1_400)}` }
  const startedAt = performance.now()
  const left = tenants.values()
  const work = async (): Promise<void> => {
    for (const _tenant of left) {
      const answer = await request(`${origin}/v1.0/security/incidents?$top=50`, { dispatcher, headers })
      JSON.parse(await answer.body.text())
    }
  }
  await Promise.all(Array.from({ length: syncDefaults.concurrency }, work))
  const wallMs = performance.now() - startedAt
  await dispatcher.close()
  return wallMs
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
