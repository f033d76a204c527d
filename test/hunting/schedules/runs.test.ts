import { expect, test } from 'vitest'
import { RemoteError } from '../../../src/errors.ts'
import type { Actor } from '../../../src/tenants/actor.ts'
import { admin, failure, givenTenant, limitedTo } from '../../tenants/givens.ts'
import { givenTenants, graphAnswer, huntingRole } from '../hunts/stage.ts'
import { devices } from './device-answers.ts'
import { analyst, draftFor, givenSchedules, type Stage } from './stage.ts'

async function newRowsOf({ schedules }: Stage, scheduleId: string, runId: string): Promise<unknown[]> {
  const found: unknown[] = []
  const source = await schedules.exportNewRows(admin, scheduleId, runId)
  if (!('chunks' in source)) throw new Error('new rows come in chunks')
  for await (const { rows } of source.chunks) found.push(...rows.map(([name]) => name))
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
  await stage.runner.purge()
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
