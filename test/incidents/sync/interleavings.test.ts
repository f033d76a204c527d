import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Control } from '../../../simulator/src/control/control.ts'
import { givenSync, type SyncStage } from './stage.ts'
import { storedIncidents, trueIncidents } from './stored.ts'

/**
 * What happens at Microsoft, or to the process, before one of its calls.
 * Numbers choose an incident, wherever the list then stands.
 */
type Step =
  | { kind: 'change' | 'resolve' | 'delete'; at: number }
  | { kind: 'skewed' | 'late'; at: number; ms: number }
  | { kind: 'merge'; at: number; into: number }
  | { kind: 'raise' | 'throttle' | 'reset' | 'stop' | 'nothing' }
  | { kind: 'clock'; ms: number }

const place = fc.nat(200)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('change', 'resolve'), at: place }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete'), at: place }) },
  {
    weight: 2,
    // Clocks of servers differ by less than the overlap; what is later still is found once an hour.
    arbitrary: fc.record({
      kind: fc.constant('skewed'),
      at: place,
      ms: fc.integer({ min: -240_000, max: 240_000 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('late'), at: place, ms: fc.integer({ min: 1, max: 240_000 }) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('merge'), at: place, into: place }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('raise', 'throttle', 'reset', 'stop') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('clock'), ms: fc.nat(60_000) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('nothing') }) },
)

class ProcessStopped extends Error {}

let stage: SyncStage
let tenantId: string

beforeAll(async () => {
  stage = await givenSync({ cleanUp: afterAll })
  tenantId = await stage.connect('medium')
})

let changes = 0

/** @throws ProcessStopped */
function happen(control: Control, step: Step): void {
  const open = control.incidents(tenantId).filter(({ redirectTo }) => redirectTo === null)
  const pick = (at: number) => open[at % open.length]?.id ?? ''
  const comment = `change ${++changes}`
  switch (step.kind) {
    case 'change':
      control.changeIncident(tenantId, pick(step.at), {
        assignedTo: `analyst-${changes}@bakery.example`,
        comment,
      })
      return
    case 'resolve':
      control.changeIncident(tenantId, pick(step.at), { status: 'resolved', classification: 'falsePositive' })
      return
    case 'skewed':
      control.changeIncident(tenantId, pick(step.at), { customTags: [comment], skewMs: step.ms })
      return
    case 'late':
      control.changeIncident(tenantId, pick(step.at), { comment, lateMs: step.ms })
      return
    case 'merge':
      // A target that is merged later makes a chain.
      if (pick(step.at) !== pick(step.into)) control.mergeIncident(tenantId, pick(step.at), pick(step.into))
      return
    case 'delete':
      if (open.length > 20) control.deleteIncident(tenantId, pick(step.at))
      return
    case 'raise':
      control.raiseIncident(tenantId)
      return
    case 'throttle':
      control.addFault({ service: 'graph', tenantId, kind: 'throttle-json', retryAfterSeconds: 0, times: 1 })
      return
    case 'reset':
      control.addFault({ service: 'graph', tenantId, kind: 'reset', times: 1 })
      return
    case 'clock':
      control.advanceClock(step.ms)
      return
    case 'stop':
      throw new ProcessStopped()
  }
}

/** Rounds until nothing is left, while the steps happen; a process that stopped is followed by another one. */
async function synchronise(steps: Step[]): Promise<void> {
  const left = steps.values()
  const before = () => {
    const next = left.next()
    if (!next.done) happen(stage.simulator.control, next.value)
  }
  for (let rounds = 0; rounds < 60; rounds++) {
    try {
      const outcome = await stage.round(tenantId, before)
      if (outcome.failure === null && outcome.waitMs > 1_000) return
    } catch (error) {
      if (!(error instanceof ProcessStopped)) throw error
    }
    await stage.pool.query(`UPDATE "IncidentSync" SET "claimedBy" = NULL, "leaseUntil" = NULL`)
  }
  throw new Error('the rounds do not come to an end')
}

async function pass(hours: number): Promise<void> {
  await stage.pool.query(
    `UPDATE "IncidentSync" SET "lookedBackAt" = "lookedBackAt" - $1 * interval '1 hour',
       "reconciledAt" = "reconciledAt" - $1 * interval '1 hour'`,
    [hours],
  )
}

async function expectInStep(withoutDeleted: boolean): Promise<void> {
  const truth = trueIncidents(stage.simulator.control.incidents(tenantId))
  const stored = await storedIncidents(stage.db, tenantId)
  const known = withoutDeleted ? Object.entries(stored).filter(([id]) => id in truth) : Object.entries(stored)
  expect(Object.fromEntries(known)).toEqual(truth)
}

/** No comment is told twice, whatever was read twice. */
async function expectNothingDoubled(): Promise<void> {
  const { rows } = await stage.pool.query(
    `SELECT "incidentId", comment, count(*)::int FROM "IncidentActivity" WHERE kind IN ('commented', 'merged')
     GROUP BY 1, 2, changes HAVING count(*) > 1`,
  )
  expect(rows).toEqual([])
}

const runs = Number(process.env.TENANTRY_TEST_SYNC_RUNS ?? 8)

test('whatever happens while a tenant is read, the store ends equal to what Microsoft has', async () => {
  const property = fc.asyncProperty(
    fc.array(step, { minLength: 1, maxLength: 60 }),
    fc.boolean(),
    async (steps, isFirstRun) => {
      const { control } = stage.simulator
      control.clearFaults()
      if (isFirstRun) {
        await stage.pool.query('DELETE FROM "Incident"')
        await stage.pool.query('DELETE FROM "IncidentSync"')
        await stage.store.addTenants()
      }
      await synchronise(steps)
      control.clearFaults()
      // By then every late update is in the answers.
      control.advanceClock(300_000)
      await synchronise([])

      await expectInStep(true)
      await pass(25)
      await synchronise([])
      await expectInStep(false)
      await expectNothingDoubled()
    },
  )
  await fc.assert(property, { numRuns: runs, endOnFailure: runs > 8 })
}, 600_000)
