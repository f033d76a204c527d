import { expect, onTestFinished, test } from 'vitest'
import { createHunts } from '../../../src/hunting/hunts/hunts.ts'
import { isOver } from '../../../src/hunting/hunts/model.ts'
import { givenTenant } from '../../tenants/givens.ts'
import { analyst, ended, givenHunts, huntingRole, type Stage } from '../hunts/stage.ts'
import { rowsOf, workerAnswer } from './answers.ts'
import { type KillPlan, killPlan } from './kill-plan.ts'
import { seeded } from './seeded.ts'
import { startWorker, type Worker } from './worker-process.ts'

const query = 'DeviceEvents | project Timestamp, DeviceName'

/** A database with so many tenants of each kind, and nobody who works on hunts. */
async function givenTenantsOf(counts: Record<keyof typeof rowsOf, number>) {
  const stage = await givenHunts((tenantId, { timespan }) => workerAnswer(tenantId, timespan), {
    work: false,
    rowCap: 30,
    engine: { pollMs: 50 },
  })
  let rowCount = 0
  let tenants = 0
  for (const [kind, count] of Object.entries(counts) as [keyof typeof rowsOf, number][]) {
    for (let index = 0; index < count; index++, tenants++) {
      const id = `${kind}0000000-0000-4000-8000-${String(index).padStart(12, '0')}`
      await givenTenant(stage.db, { id, name: `Tenant ${tenants}`, rolesGranted: [huntingRole] })
    }
    rowCount += count * rowsOf[kind]
  }
  return { ...stage, rowCount, tenants }
}

/** Every row once: names are counted per tenant, from the stored chunks themselves. */
async function storedRows({ hunts }: Stage, id: string): Promise<string[]> {
  const names: string[] = []
  for await (const { tenantId, columns, rows } of hunts.rowChunks(analyst, id)) {
    const place = columns.findIndex(({ name }) => name === 'DeviceName')
    for (const row of rows) names.push(`${tenantId} ${row[place]}`)
  }
  return names
}

test('two processes share one hunt and call each tenant once', async () => {
  const stage = await givenTenantsOf({ a: 24, b: 4, c: 0 })
  const { id } = await stage.hunts.create(analyst, { query, tenants: 'all' })
  const workers = [startWorker(stage.url, { leaseMs: 5_000 }), startWorker(stage.url, { leaseMs: 5_000 })]
  for (const { kill } of workers) onTestFinished(kill)
  await Promise.all(workers.map(({ ready }) => ready))
  for (const worker of workers) void worker.go()

  const hunt = await ended(stage.hunts, id)
  const names = await storedRows(stage, id)

  const { rowCount, tenants } = stage
  expect(hunt).toMatchObject({ status: 'succeeded', rowCount, counts: { succeeded: tenants } })
  expect(new Set(names).size).toBe(rowCount)
  expect(names).toHaveLength(rowCount)
  const calls = workers.flatMap(({ called }) => called).filter(id => id.startsWith('a'))
  expect(calls).toHaveLength(24)
})

const seedCount = Number(process.env.TENANTRY_TEST_KILL_SEEDS ?? 24)
/** Seeds tried at the same time, each on a database of its own: most of their time they wait for leases. */
const lanes = 3
const killsPerSeed = 2

test('killed at any point, a hunt ends with no row lost and none doubled', async () => {
  const seeds = Array.from({ length: seedCount }, (_, index) => index + 1).values()
  const lane = async (): Promise<string[]> => {
    const stage = await givenTenantsOf({ a: 4, b: 2, c: 2 })
    const failures: string[] = []
    for (const seed of seeds) {
      const plans: KillPlan[] = []
      try {
        await tryKilling(stage, seed, plans)
      } catch (error) {
        failures.push(`seed ${seed}, ${JSON.stringify(plans)}: ${error}`)
      }
    }
    return failures
  }

  const failures = await Promise.all(Array.from({ length: lanes }, lane))

  expect(failures.flat()).toEqual([])
}, 1_200_000)

/** A hunt on which processes work one after the other, each until it dies or stalls; then this one, to the end. */
async function tryKilling(
  stage: Awaited<ReturnType<typeof givenTenantsOf>>,
  seed: number,
  plans: KillPlan[],
): Promise<void> {
  const random = seeded(seed)
  const workers: Worker[] = []
  for (let index = 0; index < killsPerSeed; index++) {
    const plan = killPlan(random)
    plans.push(plan)
    workers.push(startWorker(stage.url, { leaseMs: 400, seed: seed * 10 + index, plan }))
  }
  const last = createHunts(stage.deps)
  const leaving = new AbortController()
  try {
    const { id } = await stage.hunts.create(analyst, { query, tenants: 'all' })
    for (const worker of workers) {
      await worker.ready
      await Promise.race([worker.go(), over(stage, id, leaving.signal)])
    }
    await last.start({ work: true })
    const hunt = await ended(stage.hunts, id)
    const names = await storedRows(stage, id)

    const { rowCount, tenants } = stage
    expect(hunt).toMatchObject({ status: 'succeeded', rowCount, counts: { succeeded: tenants } })
    expect(names).toHaveLength(rowCount)
    expect(new Set(names).size).toBe(rowCount)
  } finally {
    leaving.abort()
    await Promise.all(workers.map(({ kill }) => kill()))
    await last.stop(1_000)
  }
}

/** Resolves when the hunt is over, for a plan need not come about. */
async function over({ hunts }: Stage, id: string, signal: AbortSignal): Promise<void> {
  for await (const { hunt } of hunts.watch(analyst, id, signal)) if (isOver(hunt.status)) return
}
