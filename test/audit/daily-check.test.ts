import { afterAll, beforeAll, expect, test } from 'vitest'
import { createJobs } from '../../src/platform/jobs/jobs.ts'
import { auditJob } from '../../src/platform/jobs/kinds.ts'
import { systemActor } from '../../src/tenants/actor.ts'
import { apiOf } from '../helpers/api.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { administer } from '../helpers/postgres.ts'

let running: RunningApp
let clock: ReturnType<typeof createJobs>

beforeAll(async () => {
  running = await startApp({ tenants: 2 })
  clock = createJobs({ connectionString: running.database.url, connections: 2, onError: () => {} })
  await clock.start({ work: false })
})
afterAll(async () => {
  await clock?.stop(1000)
  await running?.close()
})

const key = 'audit.check'

/** Dates the last check back by a day, and asks for the job that the clock asks for. */
async function aDayPasses(): Promise<void> {
  const { db } = running.database
  const state = await db.setting.findUnique({ where: { key } })
  if (state) {
    const finishedAt = new Date(Date.now() - 24 * 3600_000).toISOString()
    await db.setting.update({ where: { key }, data: { value: { ...(state.value as object), finishedAt } } })
  }
  await clock.enqueue(auditJob, {}, { key: 'test' })
}

const checks = () =>
  running.database.db.auditEvent.findMany({ where: { action: 'audit.verified' }, orderBy: { id: 'asc' } })

test('the daily job verifies, finds an event that was changed, and tells it each day while it lasts', async () => {
  const { services, database } = running
  const api = await apiOf(running, 'admin')
  const limited = await apiOf(running, 'admin', ['gold'])
  await services.audit.record({ actor: systemActor, action: 'test.done', target: 'before' })

  await aDayPasses()
  await expect.poll(async () => (await checks()).map(({ result }) => result)).toEqual(['ok'])

  const { id } = await database.db.auditEvent.findFirstOrThrow({ where: { target: 'before' } })
  await administer(database.adminUrl, [
    'set session_replication_role = replica',
    `update "AuditEvent" set target = 'after' where id = ${id}`,
  ])
  await aDayPasses()
  await expect.poll(async () => (await checks()).map(({ result }) => result)).toEqual(['ok', 'failed'])
  await aDayPasses()
  await expect.poll(async () => (await checks()).length).toBe(3)

  const told = `The audit does not hold from event ${id} on: altered`
  const news = (titles: { title: string }[]) => titles.filter(({ title }) => title === told)
  await expect.poll(async () => news((await api('GET', '/notifications')).body.items)).toHaveLength(2)
  expect(news((await limited('GET', '/notifications')).body.items)).toEqual([])
  expect(await services.auditChecks.last()).toMatchObject({
    startedBy: systemActor.label,
    check: { intact: false, firstBroken: { id: String(id), reason: 'altered' } },
  })
})

test('a check that ended within the day is not done again by the clock', async () => {
  const before = (await checks()).length

  await running.services.auditChecks.runDaily()

  expect(await checks()).toHaveLength(before)
})
