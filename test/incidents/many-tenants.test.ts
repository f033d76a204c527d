import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { createFreshness } from '../../src/incidents/freshness.ts'
import { walkedIn } from '../../src/incidents/queue/filter-store.ts'
import { findIncidentPage } from '../../src/incidents/store.ts'
import { systemActor } from '../../src/tenants/actor.ts'
import { anIncident, givenStore, type Stage } from './given-incidents.ts'

/** So many tenants beside one. @returns their ids */
async function givenMany({ db }: Stage, like: string, count: number): Promise<string[]> {
  const { customerId } = await db.tenant.findUniqueOrThrow({ where: { id: like } })
  const ids = Array.from({ length: count }, () => randomUUID())
  await db.tenant.createMany({
    data: ids.map((id, index) => ({
      id,
      customerId,
      name: `Customer ${index}`,
      cloud: 'global',
      status: 'connected',
      nextCheckAt: new Date(),
    })),
  })
  return ids
}

test('the queue of more tenants than are listed holds theirs alone, and looks them up in a hash table', async () => {
  const stage = await givenStore()
  const [seen, hidden] = [await stage.tenant('Seen'), await stage.tenant('Hidden')]
  await stage.write(seen, [anIncident('1'), anIncident('2')])
  await stage.write(hidden, [anIncident('3')])
  const scope = [seen, ...(await givenMany(stage, seen, 400))]

  const page = await findIncidentPage(stage.db, scope, {}, '-updatedAt', null, 10)
  const plan = await stage.db.$queryRaw<{ 'QUERY PLAN': string }[]>`
    EXPLAIN SELECT * FROM "Incident" i WHERE ${walkedIn(scope)} ORDER BY i."updatedAt" DESC LIMIT 10`
  const few = await stage.db.$queryRaw<{ 'QUERY PLAN': string }[]>`
    EXPLAIN SELECT * FROM "Incident" i WHERE ${walkedIn([seen, hidden])} ORDER BY i."updatedAt" LIMIT 10`

  expect(page.map(({ incidentId }) => incidentId).sort()).toEqual(['1', '2'])
  expect(JSON.stringify(plan)).toContain('hashed SubPlan')
  expect(JSON.stringify(few)).not.toContain('SubPlan')
})

test('how fresh many tenants are is kept for five seconds, and read each time of few', async () => {
  const stage = await givenStore()
  const first = await stage.tenant('First', ['first'])
  await givenMany(stage, first, 1_000)
  const clock = { ms: 1_000_000 }
  const freshness = createFreshness({ db: stage.db, clockMs: () => clock.ms })
  const all = () => freshness.summarize(systemActor)
  const one = () => freshness.summarize(systemActor, { tag: 'first' })
  const before = [(await all()).current, (await one()).current]
  const now = new Date()
  await stage.db.incidentSync.create({
    data: { tenantId: first, surface: 'graph', backfillDoneAt: now, syncedAt: now, nextAt: now },
  })

  const kept = [(await all()).current, (await one()).current]
  clock.ms += 5_001
  const later = [(await all()).current, (await one()).current]

  expect(before).toEqual([0, 0])
  expect(kept).toEqual([0, 1])
  expect(later).toEqual([1, 1])
})
