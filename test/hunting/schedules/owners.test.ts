import { expect, test } from 'vitest'
import type { CurrentAccess } from '../../../src/staff/current-access.ts'
import type { Actor } from '../../../src/tenants/actor.ts'
import { admin, givenTenant, limitedTo } from '../../tenants/givens.ts'
import { givenTenants, graphAnswer, huntingRole } from '../hunts/stage.ts'
import { analyst, givenSchedules, type Stage } from './stage.ts'

const keeper: Actor = {
  ...admin,
  id: 'b7a9a1de-0000-4000-8000-000000000009',
  label: 'keeper@partner.example',
}
const gone: CurrentAccess = { actor: null, gone: 'was revoked on 2026-11-20' }
const limited = (...tags: string[]): CurrentAccess => ({
  actor: { ...analyst, tenants: { tags, ids: [] } },
  gone: null,
})

const answer = () => graphAnswer([{ DeviceName: 'a' }], { DeviceName: 'String' })

/** A schedule of the analyst's, whose access changes as told, and two tenants. */
async function givenOwned(): Promise<{ stage: Stage; id: string; now: (access: CurrentAccess) => void }> {
  const accessOf: Record<string, CurrentAccess> = {}
  const stage = await givenSchedules(answer, { accessOf })
  await givenTenants(stage.db, 2)
  const id = await stage.givenSchedule()
  const now = (access: CurrentAccess) => {
    accessOf[analyst.id] = access
  }
  return { stage, id, now }
}

/** The clock comes to the schedule's next time, and everything due is done. */
async function comeToTime(stage: Stage): Promise<void> {
  stage.clock.forward(24 * 60)
  await stage.drive()
}

test('a run sees what its owner may see when it runs: less after a limit, more once it is lifted', async () => {
  const { stage, id, now } = await givenOwned()
  await givenTenant(stage.db, { name: 'Ours', tags: ['ours'], rolesGranted: [huntingRole] })

  const before = await stage.runNow(id)
  now(limited('ours'))
  const narrowed = await stage.runNow(id)
  now({ actor: analyst, gone: null })
  const widened = await stage.runNow(id)

  expect([before, narrowed, widened].map(({ tenants }) => tenants.asked)).toEqual([3, 1, 3])
})

test('when its owner is gone the schedule asks nobody, stops, and says so', async () => {
  const { stage, id, now } = await givenOwned()
  now(gone)

  await comeToTime(stage)
  await comeToTime(stage)

  const { items } = await stage.schedules.runs(admin, id)
  expect(items).toMatchObject([
    {
      status: 'failed',
      huntId: null,
      error: { code: 'owner_gone', message: 'its owner, analyst@partner.example, was revoked on 2026-11-20' },
    },
  ])
  expect(await stage.schedules.get(admin, id)).toMatchObject({
    enabled: false,
    nextRunAt: null,
    openRunId: null,
    ownerProblem: { code: 'owner_gone', remedy: expect.stringContaining('administrator') },
  })
  expect((await stage.notifications.list(admin)).items).toMatchObject([
    { kind: 'failed', title: expect.stringContaining('was revoked on 2026-11-20') },
  ])
  expect((await stage.notifications.list(limitedTo('ours'))).items).toEqual([])
  expect(await stage.db.auditEvent.count({ where: { action: 'schedule.stopped' } })).toBe(1)
})

test('it is shown before its time comes, and can neither be run nor resumed', async () => {
  const { stage, id, now } = await givenOwned()
  await stage.schedules.setEnabled(analyst, id, false)
  now(gone)

  const shown = await stage.schedules.list(admin)
  const attempts = [stage.schedules.startNow(keeper, id), stage.schedules.setEnabled(keeper, id, true)]

  expect(shown.items).toMatchObject([{ ownerProblem: { code: 'owner_gone' } }])
  for (const attempt of await Promise.allSettled(attempts)) {
    expect(attempt).toMatchObject({ status: 'rejected', reason: { code: 'conflict' } })
  }
  expect(await stage.schedules.setEnabled(keeper, id, false)).toMatchObject({ enabled: false })
})

test('an administrator takes it over: it runs again, as the administrator, and knows what it had seen', async () => {
  const { stage, id, now } = await givenOwned()
  await stage.runNow(id)
  now(gone)
  await comeToTime(stage)

  const taken = await stage.schedules.takeOver(keeper, id)
  await comeToTime(stage)

  expect(taken).toMatchObject({
    runsAs: 'keeper@partner.example',
    createdBy: 'analyst@partner.example',
    ownerProblem: null,
    enabled: true,
    nextRunAt: expect.any(String),
  })
  expect((await stage.schedules.get(admin, id)).lastRun).toMatchObject({ status: 'done', newRows: 0 })
})

test('taking over a schedule that somebody paused leaves it paused', async () => {
  const { stage, id } = await givenOwned()
  await stage.schedules.setEnabled(analyst, id, false)

  expect(await stage.schedules.takeOver(keeper, id)).toMatchObject({ enabled: false, nextRunAt: null })
})

test('nobody takes over but administrators who see every tenant', async () => {
  const { stage, id, now } = await givenOwned()
  now(gone)

  const attempts = [
    stage.schedules.takeOver({ ...keeper, role: 'analyst' }, id),
    stage.schedules.takeOver(limitedTo('ours'), id),
  ]

  for (const attempt of await Promise.allSettled(attempts)) {
    expect(attempt).toMatchObject({ status: 'rejected', reason: { code: 'forbidden' } })
  }
})

test('a tenant that left, or that the owner sees no more, stops nobody else’s answers', async () => {
  const accessOf: Record<string, CurrentAccess> = {}
  const stage = await givenSchedules(answer, { accessOf })
  const [leaves = '', stays = ''] = await givenTenants(stage.db, 2)
  const id = await stage.givenSchedule({ tenants: [leaves, stays] })
  await stage.db.tenant.delete({ where: { id: leaves } })

  const withoutOne = await stage.runNow(id)
  accessOf[analyst.id] = limited('nothing carries this')
  const withoutAny = await stage.runNow(id)

  expect(withoutOne).toMatchObject({ status: 'done', tenants: { asked: 1, answered: 1 } })
  expect(withoutAny).toMatchObject({ status: 'failed', error: { message: 'no tenant is chosen' } })
  expect(await stage.schedules.get(admin, id)).toMatchObject({ enabled: true })
})
