/**
 * A process that works on hunts until it is killed, or kills itself:
 * `worker.ts <database> <leaseMs> <seed> [<step> <count>]`. Tenants answer with
 * the same rows whoever asks, in chunks of ten rows; those whose id begins with
 * `b` have more than the cap, those with `c` are throttled now and then. Prints
 * `ready`, waits for a line, then prints the tenants it calls.
 */
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { createEngine } from '../../../src/hunting/engine/engine.ts'
import type { Packer } from '../../../src/hunting/engine/packing/packer.ts'
import { createEngineStore } from '../../../src/hunting/engine/store.ts'
import { createChannel } from '../../../src/hunting/hunts/channel.ts'
import { readHuntingAnswer } from '../../../src/hunting/results/answer/read-answer.ts'
import { encodeChunk } from '../../../src/hunting/results/chunks/chunk.ts'
import { splitIntoChunks } from '../../../src/hunting/results/chunks/split-chunks.ts'
import { throttledAtTimes, workerAnswer } from './answers.ts'
import { isStep, type KillStep } from './kill-plan.ts'
import { seeded } from './seeded.ts'

const [connectionString = '', leaseMs = '', seed = '', step = '', count = ''] = process.argv.slice(2)
const random = seeded(Number(seed))
const pool = new pg.Pool({ connectionString, max: 4 })
const channel = createChannel(connectionString, error => console.error(error))
const store = createEngineStore(pool)

/** How often each step is still passed before the process dies at it. */
let left = isStep(step) ? Number(count) : Number.POSITIVE_INFINITY
function pass(here: KillStep): void {
  if (here === step && left-- === 0) process.kill(process.pid, 'SIGKILL')
}

const pack: Packer['pack'] = async (text, wire) => {
  const { columns, rows } = readHuntingAnswer(text, wire)
  const chunks = [...splitIntoChunks(rows, 10, 1_000_000)].map(piece => ({
    rowCount: piece.length,
    data: encodeChunk(columns, piece),
  }))
  pass('packed')
  return { columns, rowCount: rows.length, chunks }
}

const engine = createEngine({
  store: {
    ...store,
    async claim(...args) {
      const claims = await store.claim(...args)
      if (claims.length > 0) pass('claimed')
      return claims
    },
    async settle(...args) {
      pass('before settling')
      const settling = store.settle(...args)
      // The statement is on its way; whether it takes effect is the database's to say.
      setImmediate(() => pass('while settling'))
      const lost = await settling
      pass('settled')
      return lost
    },
    async finish(huntIds) {
      const ended = await store.finish(huntIds)
      pass('finished')
      return ended
    },
  },
  channel,
  log: { error: (fields, message) => console.error(fields, message), warn: () => {} },
  options: { leaseMs: Number(leaseMs), pollMs: 100, concurrency: 4, slowAfterMs: 10_000 },
  async hunt(tenantId, _roles, { timespan }) {
    process.stdout.write(`${tenantId}\n`)
    pass('called')
    await sleep(3 + random() * 12)
    throttledAtTimes(tenantId, random)
    pass('answered')
    const text = workerAnswer(tenantId, timespan)
    return { text, wire: 'graph', surface: 'graph', durationMs: 1, requestId: null }
  },
  pack,
  whyNotSliced: async () => null,
  rowCap: 30,
  callBudget: 64,
  now: () => new Date(),
  random: () => 0,
})
await channel.open()
process.stdout.write('ready\n')
await once(process.stdin, 'data')
engine.start()
