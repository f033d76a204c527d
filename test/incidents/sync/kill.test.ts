import { afterAll, beforeAll, expect, test } from 'vitest'
import { type KillPlan, killPlan } from '../../hunting/engine/kill-plan.ts'
import { seeded } from '../../hunting/engine/seeded.ts'
import { startWorker, type Worker } from '../../hunting/engine/worker-process.ts'
import { givenSync, type SyncStage } from './stage.ts'
import { storedIncidents, trueIncidents } from './stored.ts'

const works = ['claiming', 'writing', 'settling', 'reading a list', 'reading an incident']
const steps = works.flatMap(work => ['before', 'while', 'after'].map(when => `${when} ${work}`))
const seedCount = Number(process.env.TENANTRY_TEST_KILL_SEEDS ?? 3)
const killsPerSeed = 2
const leaseMs = 400

let stage: SyncStage
let tenantIds: string[]

beforeAll(async () => {
  stage = await givenSync({ cleanUp: afterAll })
  tenantIds = []
  for (const size of ['medium', 'medium', 'small'] as const) tenantIds.push(await stage.connect(size))
})

test('killed at any point, the next process goes on, and nothing is lost or doubled', async () => {
  const failures: string[] = []
  for (let seed = 1; seed <= seedCount; seed++) {
    const random = seeded(seed)
    const plans = Array.from({ length: killsPerSeed }, () => killPlan(random, steps, 600))
    try {
      await tryKilling(seed, plans)
    } catch (error) {
      failures.push(`seed ${seed}, ${JSON.stringify(plans)}: ${error}`)
    }
  }

  expect(failures).toEqual([])
}, 1_200_000)

/** First runs by processes that die or stall one after the other while incidents change; then one to the end. */
async function tryKilling(seed: number, plans: KillPlan[]): Promise<void> {
  await stage.pool.query('DELETE FROM "Incident"')
  await stage.pool.query('DELETE FROM "IncidentSync"')
  await stage.store.addTenants()
  const workers = plans.map((plan, index) =>
    startWorker(stage.databaseUrl, {
      leaseMs,
      seed: seed * 10 + index,
      plan,
      script: new URL('./worker.ts', import.meta.url),
      more: [stage.simulator.origin],
    }),
  )
  try {
    for (const worker of workers) {
      await worker.ready
      const going = worker.go()
      changeNow(seed)
      await Promise.race([going, synced()])
    }
    await lastWorker(seed, workers)
    await synced()
    await expectInStep()
  } finally {
    await Promise.all(workers.map(({ kill }) => kill()))
  }
}

async function lastWorker(seed: number, workers: Worker[]): Promise<void> {
  const script = new URL('./worker.ts', import.meta.url)
  const last = startWorker(stage.databaseUrl, { leaseMs, seed, script, more: [stage.simulator.origin] })
  workers.push(last)
  await last.ready
  // What changed after the last round of a killed process is due now.
  await stage.store.wake(tenantIds)
  void last.go()
}

/** The customers' own people go on working. */
function changeNow(seed: number): void {
  const { control } = stage.simulator
  for (const tenantId of tenantIds) {
    const open = control.incidents(tenantId).filter(({ redirectTo }) => redirectTo === null)
    const [one, other] = [open[seed % open.length]?.id ?? '', open[(seed * 7 + 1) % open.length]?.id ?? '']
    control.changeIncident(tenantId, one, { comment: `seed ${seed} ${control.incidents(tenantId).length}` })
    if (one !== other) control.mergeIncident(tenantId, one, other)
    control.raiseIncident(tenantId)
  }
}

/** Resolves when every tenant was read to the end, all alerts are there, and nobody works any more. */
async function synced(): Promise<void> {
  await expect
    .poll(
      async () => {
        const { rows } = await stage.pool.query<{ left: number }>(
          `SELECT (SELECT count(*) FROM "IncidentSync" WHERE "backfillDoneAt" IS NULL OR "syncedAt" IS NULL
             OR "nextAt" <= now() OR "claimedBy" IS NOT NULL)::int
           + (SELECT count(*) FROM "Incident" WHERE "alertsDueAt" IS NOT NULL)::int AS left`,
        )
        return rows[0]?.left
      },
      { interval: 50 },
    )
    .toBe(0)
}

async function expectInStep(): Promise<void> {
  for (const tenantId of tenantIds) {
    const truth = trueIncidents(stage.simulator.control.incidents(tenantId))
    expect(await storedIncidents(stage.db, tenantId)).toEqual(truth)
  }
  const { rows } = await stage.pool.query(
    `SELECT "incidentId", kind, comment FROM "IncidentActivity" WHERE kind IN ('commented', 'merged')
     GROUP BY "tenantId", 1, 2, 3, changes HAVING count(*) > 1`,
  )
  expect(rows).toEqual([])
}
