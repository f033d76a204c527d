/**
 * A process that synchronises incidents until it is killed, or kills itself:
 * `worker.ts <database> <leaseMs> <seed> <simulator> [<step> <count>]`. Prints
 * `ready`, waits for a line, then begins.
 */
import { once } from 'node:events'
import { createSyncEngine } from '../../../src/incidents/sync/engine.ts'
import { createSyncStore } from '../../../src/incidents/sync/store.ts'
import { createPool } from '../../../src/platform/database/connections/connections.ts'
import { seeded } from '../../hunting/engine/seeded.ts'
import { layersFor } from './stage.ts'

const [connectionString = '', leaseMs = '', seed = '', origin = '', step = '', count = ''] =
  process.argv.slice(2)
const pool = createPool(connectionString, { name: 'worker', max: 4 })
const { defender } = layersFor(origin)
const store = createSyncStore(pool)

/** How often the step is still passed before the process dies at it. */
let left = step === '' ? Number.POSITIVE_INFINITY : Number(count)
function pass(here: string): void {
  if (here === step && left-- === 0) process.kill(process.pid, 'SIGKILL')
}

/** Passes steps before, during and after a piece of work; whether a statement under way takes effect is the database's to say. */
function killable<A extends unknown[], R>(
  name: string,
  work: (...args: A) => Promise<R>,
): (...args: A) => Promise<R> {
  return async (...args) => {
    pass(`before ${name}`)
    const working = work(...args)
    setImmediate(() => pass(`while ${name}`))
    const result = await working
    pass(`after ${name}`)
    return result
  }
}

const engine = createSyncEngine({
  store: {
    ...store,
    claim: killable('claiming', store.claim),
    write: killable('writing', store.write),
    settle: killable('settling', store.settle),
  },
  defender: {
    syncSurface: defender.syncSurface,
    syncPage: killable('reading a list', defender.syncPage),
    syncIncident: killable('reading an incident', defender.syncIncident),
  },
  log: { error: (...line) => console.error(...line), warn: () => {} },
  options: { leaseMs: Number(leaseMs), pollMs: 100, concurrency: 4, slowAfterMs: 10_000 },
  spanDays: 30,
  random: seeded(Number(seed)),
  onUnreadable: () => {},
})
await pool.query('SELECT 1')
process.stdout.write('ready\n')
await once(process.stdin, 'data')
engine.start()
