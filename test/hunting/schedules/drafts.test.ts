import { expect, test } from 'vitest'
import { AppError } from '../../../src/errors.ts'
import type { Actor } from '../../../src/tenants/actor.ts'
import { givenTenant, limitedTo } from '../../tenants/givens.ts'
import { givenTenants, huntingRole } from '../hunts/stage.ts'
import { devices } from './device-answers.ts'
import { analyst, draftFor, givenSchedules } from './stage.ts'

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
    accessOf: { [analyst.id]: { actor: { ...analyst, tenants: { tags: ['ours'], ids: [] } }, gone: null } },
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
