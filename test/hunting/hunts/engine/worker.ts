/**
 * A process that works on hunts until it is killed:
 * `worker.ts <database> <leaseMs>`. Tenants answer with the same rows whoever
 * asks; those whose id begins with `b` have more than the cap. Prints `ready`,
 * waits for a line, then prints the tenants it calls.
 */
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { createAudit } from '../../../../src/audit/audit.ts'
import { openDatabase } from '../../../../src/database/index.ts'
import { whyNotSliced } from '../../../../src/hunting/hunts/engine/slice-safety.ts'
import { createHunts } from '../../../../src/hunting/hunts/hunts.ts'
import { events, eventsIn } from './events.ts'

const [connectionString = '', leaseMs = ''] = process.argv.slice(2)
const db = openDatabase(connectionString, 2)
const few = events(7)
const many = events(90)

const hunts = createHunts({
  db,
  connectionString,
  audit: createAudit({ db, key: Buffer.alloc(32) }),
  async hunt(tenantId, _roles, { timespan }) {
    process.stdout.write(`${tenantId}\n`)
    await sleep(5 + Math.random() * 20)
    const text = eventsIn(tenantId.startsWith('b') ? many : few, timespan, 30)
    return { text, wire: 'graph', surface: 'graph', durationMs: 1, requestId: null }
  },
  log: { error: (...facts) => console.error(...facts), warn: () => {} },
  keepDays: 1,
  dataDir: tmpdir(),
  rowCap: 30,
  engine: { leaseMs: Number(leaseMs), pollMs: 100, concurrency: 6 },
})
// Loading the language takes longer than these leases last.
whyNotSliced('DeviceEvents')
process.stdout.write('ready\n')
await once(process.stdin, 'data')
await hunts.start({ work: true })
