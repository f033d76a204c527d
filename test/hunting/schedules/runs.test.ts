import { expect, test } from 'vitest'
import { AppError, RemoteError } from '../../../src/errors.ts'
import type { Actor } from '../../../src/tenants/actor.ts'
import { admin, failure, givenTenant, limitedTo } from '../../tenants/givens.ts'
import { givenTenants, graphAnswer, huntingRole } from '../hunts/stage.ts'
import { analyst, draftFor, givenSchedules, type Stage } from './stage.ts'

const schema = { DeviceName: 'String', Timestamp: 'DateTime' }

/** Answers of all tenants: these devices, seen now. */
function devices(...names: string[]): string {
  return graphAnswer(
    names.map(DeviceName => ({ DeviceName, Timestamp: new Date().toISOString() })),
    schema,
  )
}

async function newRowsOf({ schedules }: Stage, scheduleId: string, runId: string): Promise<unknown[]> {
  const found: unknown[] = []
  for await (const { rows } of schedules.newRows(admin, scheduleId, runId))
    found.push(...rows.map(([name]) => name))
  return found
}

test('a run reports what no run before it saw, whatever the times in the rows', async () => {
  let answer = devices('a', 'b')
  const stage = await givenSchedules(() => answer)
  await givenTenants(stage.db, 2)
  const id = await stage.givenSchedule()

  const first = await stage.runNow(id)
  answer = devices('b', 'c', 'a', 'c')
  const second = await stage.runNow(id)
  const third = await stage.runNow(id)

  expect(first).toMatchObject({ status: 'done', newRows: 4, tenants: { asked: 2, answered: 2, withNew: 2 } })
  expect(second).toMatchObject({ newRows: 2 })
  expect(await newRowsOf(stage, id, second.id)).toEqual(['c', 'c'])
  expect(third).toMatchObject({ newRows: 0, tenants: { answered: 2, withNew: 0 } })
})

test('with a baseline the first answer of each tenant is only noted, also of a tenant that comes later', async () => {
  let answer = devices('a', 'b')
  const stage = await givenSchedules(() => answer)
  await givenTenants(stage.db, 1)
  const id = await stage.givenSchedule({ baseline: true })

  const first = await stage.runNow(id)
  await givenTenant(stage.db, { name: 'Came later', rolesGranted: [huntingRole] })
  answer = devices('a', 'c')
  const second = await stage.runNow(id)

  expect(first).toMatchObject({ newRows: 0, baselineRows: 2 })
  expect(second).toMatchObject({ newRows: 1, baselineRows: 2, tenants: { withNew: 1 } })
  expect(await newRowsOf(stage, id, second.id)).toEqual(['c'])
  expect(await stage.notifications.list(admin)).toMatchObject({
    items: [{ kind: 'findings', title: 'Every morning: 1 new row in 1 tenant' }],
  })
})

test('only the chosen columns tell one finding from another', async () => {
  const rows = (count: number) =>
    graphAnswer([{ DeviceName: 'a', Count: count }], { DeviceName: 'String', Count: 'Int64' })
  let answer = rows(1)
  const stage = await givenSchedules(() => answer)
  await givenTenants(stage.db, 1)
  const query = 'DeviceInfo | summarize Count = count() by DeviceName'
  const byName = await stage.givenSchedule({ query, keyColumns: ['DeviceName'] })
  const byRow = await stage.givenSchedule({ query })

  for (const id of [byName, byRow]) await stage.runNow(id)
  answer = rows(2)

  expect(await stage.runNow(byName)).toMatchObject({ newRows: 0 })
  expect(await stage.runNow(byRow)).toMatchObject({ newRows: 1 })
})

test('a tenant that fails is not nothing: it is named, and its rows are compared when it answers again', async () => {
  let isBroken = false
  const stage = await givenSchedules(tenantId => {
    if (isBroken && tenantId === broken) throw new RemoteError(failure('role_missing'))
    return devices('a')
  })
  const [broken = ''] = await givenTenants(stage.db, 2)
  const id = await stage.givenSchedule()
  await stage.runNow(id)

  isBroken = true
  const failed = await stage.runNow(id)
  isBroken = false
  const again = await stage.runNow(id)

  expect(failed).toMatchObject({ status: 'done', newRows: 0, tenants: { asked: 2, answered: 1, failed: 1 } })
  const { findings } = await stage.schedules.run(admin, id, failed.id)
  expect(findings.find(({ tenantId }) => tenantId === broken)).toMatchObject({
    outcome: 'failed',
    error: { code: 'role_missing' },
  })
  expect(again).toMatchObject({ newRows: 0, tenants: { answered: 2, failed: 0 } })
})

test('a run that nobody answered is told as a failure', async () => {
  const stage = await givenSchedules(() => {
    throw new RemoteError(failure('role_missing'))
  })
  await givenTenants(stage.db, 2)
  const id = await stage.givenSchedule()

  await stage.runNow(id)

  const { items } = await stage.notifications.list(admin)
  expect(items).toMatchObject([
    { kind: 'failed', title: 'Every morning could not run: none of 2 tenants answered', isNew: true },
  ])
})

test('a run over no tenant fails with the reason, and the next one is not held up', async () => {
  const stage = await givenSchedules(() => devices('a'))
  const id = await stage.givenSchedule()

  const empty = await stage.runNow(id)
  await givenTenants(stage.db, 1)
  const next = await stage.runNow(id)

  expect(empty).toMatchObject({
    status: 'failed',
    error: { code: 'invalid', message: 'no tenant is chosen' },
  })
  expect(next).toMatchObject({ status: 'done', newRows: 1 })
})

test('findings of a muted tenant are noted and not told, and are not news afterwards', async () => {
  let answer = devices('a')
  const stage = await givenSchedules(() => answer)
  const [tenantId = ''] = await givenTenants(stage.db, 1)
  const id = await stage.givenSchedule()
  const endsAt = new Date(stage.clock.now().getTime() + 7 * 86_400_000)
  await stage.schedules.mute(analyst, id, { tenantId, reason: 'Red team exercise', endsAt })

  const muted = await stage.runNow(id)
  stage.clock.forward(8 * 24 * 60)
  const afterwards = await stage.runNow(id)
  answer = devices('a', 'b')
  const told = await stage.runNow(id)

  expect(muted).toMatchObject({ newRows: 1, mutedRows: 1 })
  expect(afterwards).toMatchObject({ newRows: 0 })
  expect(told).toMatchObject({ newRows: 1, mutedRows: 0 })
  expect((await stage.notifications.list(admin)).items).toHaveLength(1)
})

test('a mute has a reason and an end, can be ended early, and is of a tenant one may see', async () => {
  const stage = await givenSchedules(() => devices('a'))
  const tenantId = await givenTenant(stage.db, { name: 'Seen', tags: ['ours'] })
  const id = await stage.givenSchedule()
  const endsAt = new Date(stage.clock.now().getTime() + 86_400_000)
  const mute = (actor: Actor, changes = {}) =>
    stage.schedules.mute(actor, id, { tenantId, reason: 'Known', endsAt, ...changes })

  await expect(mute(analyst, { reason: ' ', endsAt: stage.clock.now() })).rejects.toMatchObject({
    details: { fields: { reason: expect.any(String), endsAt: expect.any(String) } },
  })
  await expect(mute({ ...limitedTo('theirs'), role: 'analyst' })).rejects.toMatchObject({ code: 'not_found' })
  const made = await mute({ ...limitedTo('ours'), role: 'analyst' })
  expect((await stage.schedules.get(analyst, id)).mutes).toMatchObject([
    { tenantName: 'Seen', reason: 'Known' },
  ])
  await stage.schedules.unmute(analyst, id, made.id)
  expect((await stage.schedules.get(analyst, id)).mutes).toEqual([])
  expect(await stage.db.auditEvent.findFirst({ where: { action: 'schedule.unmuted' } })).toMatchObject({
    tenantId,
    tenantName: 'Seen',
    detail: { reason: 'Known' },
  })
  await expect(stage.schedules.unmute(analyst, id, made.id)).rejects.toMatchObject({ code: 'not_found' })
})

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
      timeout: 20_000,
    })
    .toBe('succeeded')

  await Promise.all([1, 2, 3].map(() => stage.runner.advance(runId)))

  expect(await stage.schedules.run(admin, id, runId)).toMatchObject({ status: 'done', newRows: 15 })
  expect((await stage.notifications.list(admin)).items).toHaveLength(1)
})

test('what was not seen for as long as the schedule says is news when it comes back', async () => {
  let answer = devices('a', 'b')
  const stage = await givenSchedules(() => answer)
  await givenTenants(stage.db, 1)
  const id = await stage.givenSchedule({ forgetAfterDays: 10 })
  await stage.runNow(id)

  answer = devices('a')
  stage.clock.forward(6 * 24 * 60)
  await stage.runNow(id)
  stage.clock.forward(6 * 24 * 60)
  await stage.runner.keepHouse()
  answer = devices('a', 'b')
  const back = await stage.runNow(id)

  expect(await newRowsOf(stage, id, back.id)).toEqual(['b'])
})

test('another key forgets what was seen, another time of day does not', async () => {
  const stage = await givenSchedules(() => devices('a'))
  await givenTenants(stage.db, 1)
  const id = await stage.givenSchedule()
  await stage.runNow(id)
  const { query } = await stage.schedules.get(analyst, id)
  const draft = { ...draftFor(query.id), queryVersion: query.version }

  await stage.schedules.change(analyst, id, { ...draft, cron: '0 7 * * *' })
  const sameKey = await stage.runNow(id)
  await stage.schedules.change(analyst, id, { ...draft, keyColumns: ['DeviceName'] })
  const otherKey = await stage.runNow(id)

  expect(sameKey).toMatchObject({ newRows: 0 })
  expect(otherKey).toMatchObject({ newRows: 1 })
})

test('a schedule runs the version it was made with until somebody takes over a newer one', async () => {
  const stage = await givenSchedules(() => devices('a'))
  await givenTenants(stage.db, 1)
  const id = await stage.givenSchedule()
  const { query } = await stage.schedules.get(analyst, id)
  const changed = { ...(await stage.library.get(analyst, query.id)), query: 'DeviceInfo | take 1' }
  await stage.library.change(analyst, query.id, changed, { expectedVersion: 1 })

  await stage.runNow(id)

  const hunt = await stage.db.hunt.findFirst({ where: { scheduleId: id } })
  expect(hunt?.query).toBe('DeviceInfo | project DeviceName, Timestamp')
  expect(await stage.schedules.get(analyst, id)).toMatchObject({ query: { version: 1, newestVersion: 2 } })
})

test('runs see what their owner may see now, and a reader sees of them what the reader may see', async () => {
  const stage = await givenSchedules(() => devices('a'), {
    standings: { [analyst.id]: { actor: { ...analyst, limitedToTags: ['ours'] }, gone: null } },
  })
  await givenTenant(stage.db, { name: 'Ours', tags: ['ours', 'north'], rolesGranted: [huntingRole] })
  await givenTenant(stage.db, { name: 'Also ours', tags: ['ours'], rolesGranted: [huntingRole] })
  await givenTenant(stage.db, { name: 'Theirs', tags: ['theirs'], rolesGranted: [huntingRole] })
  const id = await stage.givenSchedule()

  const run = await stage.runNow(id)

  expect(run).toMatchObject({ newRows: 2, tenants: { asked: 2 } })
  const north = limitedTo('north')
  expect(await stage.schedules.run(north, id, run.id)).toMatchObject({
    newRows: 1,
    findings: [{ tenantName: 'Ours' }],
  })
  expect(await stage.notifications.list(north)).toMatchObject({
    items: [{ title: 'Every morning: 1 new row in 1 tenant' }],
  })
  expect(await stage.notifications.list(limitedTo('elsewhere'))).toMatchObject({ items: [] })
})

test('who sees some tenants only cannot change, run or remove what runs for others', async () => {
  const stage = await givenSchedules(() => devices('a'))
  const id = await stage.givenSchedule()
  const limited: Actor = { ...limitedTo('ours'), role: 'analyst' }
  const { query } = await stage.schedules.get(limited, id)

  const attempts = [
    stage.schedules.change(limited, id, draftFor(query.id)),
    stage.schedules.startNow(limited, id),
    stage.schedules.setEnabled(limited, id, false),
    stage.schedules.remove(limited, id),
  ]

  for (const attempt of await Promise.allSettled(attempts)) {
    expect(attempt).toMatchObject({ status: 'rejected', reason: { code: 'forbidden' } })
  }
  await stage.schedules.remove(analyst, id)
  await expect(stage.schedules.get(analyst, id)).rejects.toBeInstanceOf(AppError)
})

test('everything wrong with a schedule is named at once', async () => {
  const stage = await givenSchedules(() => devices('a'))
  const id = await stage.givenSchedule()
  const { query } = await stage.schedules.get(analyst, id)

  const wrong = stage.schedules.create(analyst, {
    ...draftFor(query.id),
    name: '',
    cron: '* * * * *',
    timespan: 'a week',
    keyColumns: ['Nothing'],
    forgetAfterDays: 0,
  })

  await expect(wrong).rejects.toMatchObject({
    code: 'invalid',
    details: {
      fields: {
        name: expect.any(String),
        cron: expect.stringContaining('5 minutes'),
        timespan: expect.any(String),
        keyColumns: 'The query has no column Nothing',
        forgetAfterDays: expect.any(String),
      },
    },
  })
})
