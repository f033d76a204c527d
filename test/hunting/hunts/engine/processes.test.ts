import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { isOver as huntIsOver } from '../../../../src/hunting/hunts/model.ts'
import { givenTenant } from '../../../tenants/givens.ts'
import { analyst, ended, givenHunts, huntingRole, type Stage, until } from '../stage.ts'

const query = 'DeviceEvents | project Timestamp, DeviceName'
const small = 24
const large = 4
const rowCount = small * 7 + large * 90

/** A database with tenants and a hunt over all of them, and nobody who works on it. */
async function givenIdleHunt(): Promise<Stage & { id: string }> {
  const stage = await givenHunts(() => '', { work: false })
  for (let index = 0; index < small + large; index++) {
    const id = `${index < large ? 'b' : 'a'}0000000-0000-4000-8000-${String(index).padStart(12, '0')}`
    await givenTenant(stage.db, { id, name: `Tenant ${index}`, rolesGranted: [huntingRole] })
  }
  const { id } = await stage.hunts.create(analyst, { query, tenants: 'all' })
  return { ...stage, id }
}

/** Loaded and waiting until it is told to go. */
type Worker = {
  called: string[]
  ready: Promise<void>
  go(): void
  kill(): Promise<void>
}

function startWorker(url: string, leaseMs: number): Worker {
  const script = new URL('./worker.ts', import.meta.url).pathname
  const child = spawn(process.execPath, ['--no-warnings', script, url, String(leaseMs)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const called: string[] = []
  const ready = new Promise<void>((resolve, reject) => {
    child.once('exit', code => reject(new Error(`the worker ended with ${code}`)))
    createInterface({ input: child.stdout }).on('line', line => {
      if (line === 'ready') resolve()
      else called.push(line)
    })
  })
  ready.catch(() => {})
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }
  onTestFinished(kill)
  return { called, ready, go: () => child.stdin.write('go\n'), kill }
}

/** Every row once: names are counted per tenant, from the stored chunks themselves. */
async function storedRows({ hunts, id }: Stage & { id: string }): Promise<string[]> {
  const names: string[] = []
  for await (const { tenantId, columns, rows } of hunts.rowChunks(analyst, id)) {
    const place = columns.findIndex(({ name }) => name === 'DeviceName')
    for (const row of rows) names.push(`${tenantId} ${row[place]}`)
  }
  return names
}

test('two processes share one hunt and call each tenant once', async () => {
  const stage = await givenIdleHunt()
  const workers = [startWorker(stage.url, 5_000), startWorker(stage.url, 5_000)]
  await Promise.all(workers.map(({ ready }) => ready))
  for (const worker of workers) worker.go()

  const hunt = await ended(stage.hunts, stage.id)
  const names = await storedRows(stage)

  expect(hunt).toMatchObject({ status: 'succeeded', rowCount, counts: { succeeded: small + large } })
  expect(new Set(names).size).toBe(rowCount)
  expect(names).toHaveLength(rowCount)
  const calls = workers.flatMap(({ called }) => called).filter(id => id.startsWith('a'))
  expect(calls).toHaveLength(small)
})

const seeds = Array.from(
  { length: Number(process.env.TENANTRY_TEST_KILL_SEEDS ?? 3) },
  (_, index) => index + 1,
)
const kills = 3

test.each(seeds)(
  'killed at any point, a hunt ends with no row lost and none doubled (%i)',
  async seed => {
    const stage = await givenIdleHunt()
    const random = seeded(seed)
    const isOver = async () => huntIsOver((await stage.hunts.summary(analyst, stage.id)).status)

    const workers = Array.from({ length: kills + 1 }, () => startWorker(stage.url, 1_000))
    await Promise.all(workers.map(({ ready }) => ready))
    for (const worker of workers.slice(0, kills)) {
      const before = worker.called.length
      worker.go()
      await until(
        async () => worker.called.length > before || (await isOver()),
        began => began,
      )
      await setTimeout(random() * 120)
      await worker.kill()
    }
    workers.at(-1)?.go()
    await ended(stage.hunts, stage.id)
    const hunt = await stage.hunts.get(analyst, stage.id)
    const names = await storedRows(stage)

    expect(hunt).toMatchObject({ status: 'succeeded', rowCount, counts: { succeeded: small + large } })
    expect(names).toHaveLength(rowCount)
    expect(new Set(names).size).toBe(rowCount)
  },
  120_000,
)

/** Mulberry32: the same numbers for the same seed. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
