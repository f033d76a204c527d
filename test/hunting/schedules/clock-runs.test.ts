import { expect, test } from 'vitest'
import { admin } from '../../tenants/givens.ts'
import { givenTenants } from '../hunts/stage.ts'
import { devices } from './device-answers.ts'
import { analyst, givenSchedules } from './stage.ts'

test('times that passed while nothing ran are made up for by one run that says so', async () => {
  const stage = await givenSchedules(() => devices('a'))
  await givenTenants(stage.db, 1)
  const id = await stage.givenSchedule({ cron: '0 6 * * *' })

  stage.clock.move('2026-11-26T09:30:00Z')
  await stage.drive()
  await stage.drive()

  const { items } = await stage.schedules.runs(admin, id)
  expect(items).toMatchObject([{ dueAt: '2026-11-23T06:00:00.000Z', missedRuns: 3, startedBy: 'the clock' }])
  expect(await stage.schedules.get(admin, id)).toMatchObject({ nextRunAt: '2026-11-27T06:00:00.000Z' })
})

test('a schedule whose time has come runs once, however many processes look', async () => {
  const stage = await givenSchedules(() => devices('a'))
  await givenTenants(stage.db, 1)
  const id = await stage.givenSchedule()
  stage.clock.move('2026-11-23T06:00:10Z')

  const opened = await Promise.all([1, 2, 3, 4, 5, 6].map(() => stage.runner.startDue()))
  await stage.drive()

  expect(opened.reduce((sum, one) => sum + one)).toBe(1)
  expect((await stage.schedules.runs(admin, id)).items).toHaveLength(1)
})

test('while it runs it is not started again, and a paused one is not started by the clock', async () => {
  const stage = await givenSchedules(() => devices('a'))
  await givenTenants(stage.db, 1)
  const id = await stage.givenSchedule()
  await stage.schedules.startNow(analyst, id)

  await expect(stage.schedules.startNow(analyst, id)).rejects.toMatchObject({ code: 'conflict' })
  await stage.drive()
  await stage.schedules.setEnabled(analyst, id, false)
  stage.clock.move('2026-11-30T00:00:00Z')
  expect(await stage.runner.startDue()).toBe(0)
  expect(await stage.schedules.setEnabled(analyst, id, true)).toMatchObject({
    nextRunAt: '2026-11-30T06:00:00.000Z',
  })
})

test('a process that dies between making the hunt and noting it leaves no second hunt', async () => {
  const stage = await givenSchedules(() => devices('a'))
  await givenTenants(stage.db, 1)
  const id = await stage.givenSchedule()
  await stage.runNow(id)
  const { id: runId } = await stage.schedules.startNow(analyst, id)
  await stage.runner.advance(runId)
  await stage.db.scheduleRun.update({ where: { id: runId }, data: { status: 'starting', huntId: null } })

  await stage.drive()

  expect(await stage.schedules.run(admin, id, runId)).toMatchObject({ status: 'done' })
  expect(await stage.db.hunt.count({ where: { scheduleId: id } })).toBe(2)
})

test('processes that begin a run at once make one hunt', async () => {
  const stage = await givenSchedules(() => devices('a'))
  await givenTenants(stage.db, 2)
  const id = await stage.givenSchedule()
  const { id: runId } = await stage.schedules.startNow(analyst, id)

  await Promise.all([1, 2, 3, 4].map(() => stage.runner.advance(runId)))
  await stage.drive()

  expect(await stage.db.hunt.count({ where: { scheduleId: id } })).toBe(1)
  expect(await stage.schedules.run(admin, id, runId)).toMatchObject({ status: 'done', newRows: 2 })
})

test('two processes that end a run at once count and tell everything once', async () => {
  const stage = await givenSchedules(() => devices('a', 'b', 'c'))
  await givenTenants(stage.db, 5)
  const id = await stage.givenSchedule()
  const { id: runId } = await stage.schedules.startNow(analyst, id)
  await stage.runner.advance(runId)
  await expect
    .poll(async () => (await stage.db.hunt.findFirst({ where: { scheduleId: id } }))?.status, {
      timeout: 120_000,
    })
    .toBe('succeeded')

  await Promise.all([1, 2, 3].map(() => stage.runner.advance(runId)))

  expect(await stage.schedules.run(admin, id, runId)).toMatchObject({ status: 'done', newRows: 15 })
  expect((await stage.notifications.list(admin)).items).toHaveLength(1)
})
