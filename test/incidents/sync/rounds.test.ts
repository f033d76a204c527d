import { expect, test } from 'vitest'
import { roles } from '../../helpers/customers.ts'
import { givenSync, type SyncStage } from './stage.ts'
import { storedIncidents, trueIncidents } from './stored.ts'

async function expectInStep(
  { db, simulator }: SyncStage,
  tenantId: string,
  knowsExperts = true,
): Promise<void> {
  const truth = trueIncidents(simulator.control.incidents(tenantId), knowsExperts)
  expect(await storedIncidents(db, tenantId)).toEqual(truth)
}

test('the first run stores 30 days, newest first, and says how far it is', async () => {
  const stage = await givenSync()
  const tenantId = await stage.connect('large')
  const progress: (number | undefined)[] = []
  const newest: (string | undefined)[] = []

  let pages = 0
  const outcome = await stage.settle(tenantId, call => {
    if (call === 'page' && pages++ === 1) {
      progress.push(pages)
      newest.push('second')
    }
  })

  expect(outcome).toMatchObject({ failure: null, surface: 'graph' })
  await expectInStep(stage, tenantId)
  const sync = await stage.db.incidentSync.findUniqueOrThrow({ where: { tenantId } })
  expect(sync.backfillCount).toBeGreaterThan(200)
  expect(sync).toMatchObject({ backfillDoneAt: expect.any(Date), syncedAt: expect.any(Date), error: null })
})

test('the older interface fills the same rows', async () => {
  const stage = await givenSync()
  const tenantId = await stage.connect('medium', [...roles.defender])

  await stage.settle(tenantId)

  await expectInStep(stage, tenantId, false)
})

test('a first run is history to notification rules, and what is created after it is news', async () => {
  const stage = await givenSync()
  const { db } = stage
  const activeSince = new Date(Date.now() - 60 * 86_400_000)
  const owner = { ownerKind: 'staff', ownerId: 'somebody', owner: 'analyst@partner.example' }
  await db.notificationRule.create({
    data: { name: 'All', scope: 'all', severities: [], timeZone: 'UTC', activeSince, ...owner },
  })
  const tenantId = await stage.connect('medium')

  await stage.settle(tenantId)
  const ofFirstRun = await db.incidentNews.count()
  const { id } = stage.simulator.control.raiseIncident(tenantId)
  await stage.settle(tenantId)

  expect(await db.incident.count({ where: { tenantId } })).toBeGreaterThan(20)
  expect(ofFirstRun).toBe(0)
  expect(await db.incidentNews.findMany()).toMatchObject([{ tenantId, incidentId: id }])
})
