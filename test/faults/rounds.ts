/**
 * `npm run faults -- [--rounds N] [--tenants N] [--seed N]`: two web and two
 * worker processes, a PostgreSQL of their own and the simulator. In each round a
 * hunt runs over all tenants, and at a random moment one fault happens. Then the
 * rows are counted against those of a hunt without a fault.
 *
 * Exits 1 when rows were lost or doubled, a process died unasked, `/readyz` said
 * the wrong thing, or something did not heal in time.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startSimulator } from '../../simulator/src/index.ts'
import { seeded } from '../hunting/engine/seeded.ts'
import { type Fleet, freeze, type Member, startFleet } from './fleet.ts'
import { type FaultyServer, startFaultyServer } from './server.ts'

const { values } = parseArgs({
  options: { rounds: { type: 'string' }, tenants: { type: 'string' }, seed: { type: 'string' } },
})
const rounds = Number(values.rounds ?? 100)
const tenantCount = Number(values.tenants ?? 60)
const random = seeded(Number(values.seed ?? 1))
/** Rows that do not grow while the rounds go on, as those of a span of time do. */
const query = 'DeviceInfo | distinct DeviceName, DeviceId'
const healMs = 30_000
const tellMs = 4_000

type Fault = { name: string; isOutage: boolean; run(server: FaultyServer, fleet: Fleet): Promise<void> }

const pause = () => sleep(1000 + random() * 4000)
const pick = (fleet: Fleet, role: Member['role']): Member => {
  const fitting = fleet.members.filter(member => member.role === role)
  return fitting[Math.floor(random() * fitting.length)] as Member
}

const faults: Fault[] = [
  {
    name: 'immediate stop',
    isOutage: true,
    async run(server) {
      await server.stopAtOnce()
      await pause()
      await server.start()
    },
  },
  {
    name: 'connections ended',
    isOutage: false,
    async run(server) {
      for (let times = 0; times < 3; times++) {
        await server.terminate()
        await sleep(random() * 500)
      }
    },
  },
  {
    name: 'read-only',
    isOutage: true,
    async run(server) {
      await server.setReadOnly(true)
      await pause()
      await server.setReadOnly(false)
    },
  },
  {
    name: 'server frozen',
    isOutage: true,
    async run(server) {
      await server.freeze()
      await pause()
      await server.thaw()
    },
  },
  {
    name: 'worker killed',
    isOutage: false,
    run: (_, fleet) => fleet.replace(pick(fleet, 'worker'), 'SIGKILL'),
  },
  {
    name: 'worker restarted',
    isOutage: false,
    run: (_, fleet) => fleet.replace(pick(fleet, 'worker'), 'SIGTERM'),
  },
  { name: 'web restarted', isOutage: false, run: (_, fleet) => fleet.replace(pick(fleet, 'web'), 'SIGTERM') },
  {
    name: 'worker frozen',
    isOutage: false,
    run: (_, fleet) => freeze(pick(fleet, 'worker'), 2000 + random() * 8000),
  },
]

const problems: string[] = []
const dataDir = await mkdtemp(join(tmpdir(), 'tenantry-fleet-'))
await chmod(dataDir, 0o755)
const server = await startFaultyServer()
const simulator = await startSimulator({
  port: 0,
  tenants: tenantCount,
  publicUrl: 'http://localhost',
  propagationMs: { principal: 0, roles: 0 },
  latencyMs: 100,
})
const fleet = await startFleet(server, simulator.origin, dataDir)

try {
  await connectTenants()
  const whole = await hunt(async () => {})
  console.log(`Without a fault: ${sum(whole)} rows of ${Object.keys(whole).length} tenants`)
  let [slowestTold, slowestHealed] = [0, 0]
  for (let round = 1; round <= rounds; round++) {
    const fault = faults[Math.floor(random() * faults.length)] as Fault
    let [toldMs, healedMs] = [0, 0]
    const found = await hunt(async () => {
      await sleep(random() * 1500)
      const watching = fault.isOutage ? timeUntil(503, tellMs + 10_000) : Promise.resolve(0)
      await fault.run(server, fleet)
      toldMs = await watching
      healedMs = await timeUntil(200, healMs)
    })
    slowestTold = Math.max(slowestTold, toldMs)
    slowestHealed = Math.max(slowestHealed, healedMs)
    const [lost, doubled] = compare(whole, found)
    const line = `${round} ${fault.name}: lost ${lost}, doubled ${doubled}, /readyz said so after ${toldMs} ms, healed after ${healedMs} ms`
    console.log(line)
    if (lost + doubled > 0 || toldMs > tellMs || healedMs >= healMs) problems.push(line)
  }
  problems.push(...fleet.unasked)
  console.log(
    `${rounds} rounds: /readyz told an outage within ${slowestTold} ms, all was well again within ${slowestHealed} ms, ${fleet.unasked.length} processes ended unasked`,
  )
} finally {
  await fleet.stop()
  await simulator.close()
  await server.remove()
  await rm(dataDir, { recursive: true, force: true })
}
for (const problem of problems) console.error(`Problem: ${problem}`)
process.exit(problems.length > 0 ? 1 : 0)

/** Asks any web process; again while none answers well. */
async function ask(method: string, path: string, body?: unknown): Promise<Response> {
  for (const until = Date.now() + 120_000; ; ) {
    const { url } = pick(fleet, 'web')
    const answer = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${fleet.key}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }).catch(() => null)
    if (answer && answer.status < 500) return answer
    if (Date.now() > until) throw new Error(`${method} ${path} is not answered: ${answer?.status}`)
    await sleep(500)
  }
}

async function connectTenants(): Promise<void> {
  for (const { tenantId, name, regionSubScope } of simulator.world.customers()) {
    if (regionSubScope) continue
    simulator.control.grantConsent(tenantId)
    const answer = await ask('POST', '/tenants', { tenant: tenantId, name })
    if (answer.status >= 300 && answer.status !== 409) console.log(await answer.text())
  }
}

/** Rows of each tenant of a hunt during which something happens. */
async function hunt(happen: () => Promise<void>): Promise<Record<string, number>> {
  const { id } = (await (await ask('POST', '/hunts', { query, tenants: 'all' })).json()) as { id: string }
  await happen()
  for (const until = Date.now() + 300_000; ; await sleep(300)) {
    const { finishedAt } = (await (await ask('GET', `/hunts/${id}`)).json()) as { finishedAt: string | null }
    if (finishedAt) break
    if (Date.now() > until) throw new Error(`hunt ${id} does not end`)
  }
  const text = await (await ask('GET', `/hunts/${id}/rows?format=ndjson`)).text()
  const rows: Record<string, number> = {}
  for (const line of text.split('\n').filter(Boolean)) {
    const { TenantId } = JSON.parse(line) as { TenantId: string }
    rows[TenantId] = (rows[TenantId] ?? 0) + 1
  }
  return rows
}

function compare(
  whole: Record<string, number>,
  found: Record<string, number>,
): [lost: number, doubled: number] {
  let [lost, doubled] = [0, 0]
  for (const [tenantId, count] of Object.entries(whole)) {
    lost += Math.max(0, count - (found[tenantId] ?? 0))
    doubled += Math.max(0, (found[tenantId] ?? 0) - count)
  }
  return [lost, doubled]
}

/** Milliseconds until every web process answers `/readyz` so; `mostMs` when they do not. */
async function timeUntil(status: number, mostMs: number): Promise<number> {
  const startedAt = Date.now()
  while (Date.now() - startedAt < mostMs) {
    const webs = fleet.members.filter(({ role }) => role === 'web')
    const answers = await Promise.all(webs.map(({ url }) => fetch(`${url}/readyz`).catch(() => null)))
    if (answers.every(answer => answer?.status === status)) return Date.now() - startedAt
    await sleep(100)
  }
  return mostMs
}

function sum(rows: Record<string, number>): number {
  return Object.values(rows).reduce((total, count) => total + count, 0)
}
