import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { restore } from '../../src/backup/restore.ts'
import { prepareDatabase } from '../../src/platform/database/migrations/prepare.ts'
import { type Api, apiOf } from '../helpers/api.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { testDatabaseAt } from '../helpers/database.ts'
import { createDatabase, dropDatabase } from '../helpers/postgres.ts'

/**
 * What the commit 4780b18 of 2026-11-22 had made of the demo: six tenants, a
 * hunt over them, a schedule, a link, a webhook, and the audit of all that. It
 * was written by `backUp` from that program's database; its key is sealed by the
 * passphrase below.
 */
const fixture = fileURLToPath(new URL('./2026-11-22.backup', import.meta.url))
const passphrase = 'the passphrase of this fixture'
const name = `test_upgrade_${crypto.randomUUID().replaceAll('-', '')}`

let running: RunningApp
let api: Api
let auditEvents: number

beforeAll(async () => {
  const url = await createDatabase(inject('postgresUrl'), name)
  const restored = await restore({
    databaseUrl: url,
    path: fixture,
    overwrite: false,
    passphrase,
    givenKey: null,
  })
  auditEvents = restored.audit?.events ?? 0
  await prepareDatabase({ url, migrationUrl: null })
  running = await startApp({
    tenants: 6,
    database: testDatabaseAt({ url, adminUrl: url, drop: async () => {} }),
    settings: { TENANTRY_SECRET_KEY: restored.key?.toString('base64') ?? '' },
  })
  api = await apiOf(running, 'admin')
})

afterAll(async () => {
  await running?.close()
  await dropDatabase(inject('postgresUrl'), name)
})

test('an installation of an older version comes up with everything in its place', async () => {
  const get = async (path: string) => {
    const { status, body } = await api('GET', path)
    expect(status, path).toBe(200)
    return body
  }
  const tenants = (await get('/tenants')).items
  const hunts = (await get('/hunts')).items
  const rows = (await api('GET', `/hunts/${hunts[0].id}/rows?format=ndjson`)).text.split('\n').filter(Boolean)
  const schedules = (await get('/schedules')).items
  const invitations = (await get('/invitations')).items

  expect(tenants).toHaveLength(6)
  expect(tenants.every(({ status }: { status: string }) => status === 'connected')).toBe(true)
  expect(hunts[0]).toMatchObject({ name: 'All devices', status: 'succeeded' })
  expect(rows).toHaveLength(hunts[0].rowCount)
  expect(schedules).toMatchObject([{ name: 'Nightly', cron: '0 3 * * *' }])
  expect(invitations.some((one: { customerName: string }) => one.customerName === 'Contoso')).toBe(true)
  const isReady = async () => (await fetch(`${running.url}/readyz`)).status
  await expect.poll(isReady).toBe(200)
})

test('its audit is intact, and goes on', async () => {
  const { body } = await api('POST', '/audit/verification', {})

  expect(auditEvents).toBeGreaterThan(10)
  expect(body).toMatchObject({ intact: true })
  expect(body.events).toBeGreaterThanOrEqual(auditEvents)
})
