import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { connectionSummary } from '../../src/tenants/connection-summary.ts'
import { createHealth, type Health } from '../../src/tenants/health/health.ts'
import { findTenant } from '../../src/tenants/store.ts'
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts'
import { emptyDatabase, failure, givenTenant } from './givens.ts'

let database: TestDatabase
let health: Health
let clock = new Date('2026-11-22T12:00:00Z')
let rechecked: string[] = []

beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.drop())
beforeEach(async () => {
  await emptyDatabase(database)
  rechecked = []
  health = createHealth({ db: database.db, now: () => clock, recheck: id => void rechecked.push(id) })
})

const surfaceRow = (tenantId: string) =>
  database.db.tenantSurface.findUnique({ where: { tenantId_surface: { tenantId, surface: 'graph' } } })

test('a failure is written with its cause and a success clears it', async () => {
  const id = await givenTenant(database.db)

  await health.recordOutcome(id, 'graph', failure('unavailable', { requestId: 'r-7' }))
  const failing = await findTenant(database.db, id)
  await health.recordOutcome(id, 'graph', null)
  const working = await findTenant(database.db, id)

  expect(failing?.surfaces[0]).toMatchObject({ status: 'failing', lastError: { code: 'unavailable' } })
  expect(failing && connectionSummary(failing)).toMatchObject({
    failure: { requestId: 'r-7', whoseMove: 'microsoft' },
  })
  expect(working?.surfaces[0]).toMatchObject({ status: 'working', lastError: null })
  expect(working).toMatchObject({ lastError: null, lastSuccessAt: clock })
})

test('the same outcome is written once in a minute', async () => {
  const id = await givenTenant(database.db)
  const first = clock
  await health.recordOutcome(id, 'graph', null)

  clock = new Date(first.getTime() + 59_000)
  await health.recordOutcome(id, 'graph', null)
  const soon = await surfaceRow(id)
  clock = new Date(first.getTime() + 60_000)
  await health.recordOutcome(id, 'graph', null)
  const later = await surfaceRow(id)

  expect(soon?.lastSuccessAt).toEqual(first)
  expect(later?.lastSuccessAt).toEqual(clock)
})

test('a failure that tells of a lost consent asks for a check, once in ten minutes', async () => {
  const id = await givenTenant(database.db)

  await health.recordOutcome(id, 'graph', failure('consent_missing', { service: 'entra' }))
  await health.recordOutcome(id, 'endpoint', failure('role_missing', { service: 'endpoint' }))

  expect(rechecked).toEqual([id])
})

test('a bad token asks for a check', async () => {
  const id = await givenTenant(database.db)

  await health.recordOutcome(id, 'graph', failure('bad_token', { service: 'entra' }))

  expect(rechecked).toEqual([id])
})

test('a check whose own call fails again does not ask for the next one', async () => {
  const id = await givenTenant(database.db)
  const missing = failure('license_missing', { service: 'endpoint' })

  for (let minutes = 0; minutes < 60; minutes += 5) {
    await health.recordOutcome(id, 'endpoint', missing)
    health.forget(id)
    clock = new Date(clock.getTime() + 5 * 60_000)
  }

  expect(rechecked).toEqual([id])
})

test('a bad query or a wait for quota says nothing about the tenant', async () => {
  const id = await givenTenant(database.db)

  await health.recordOutcome(id, 'graph', failure('invalid_query'))
  await health.recordOutcome(id, 'graph', failure('throttled'))

  expect(await surfaceRow(id)).toBeNull()
})

test('a success does not hide that roles are missing', async () => {
  const id = await givenTenant(database.db)
  const lastError = failure('role_missing', { service: 'entra' })
  await database.db.tenant.update({ where: { id }, data: { lastError } })

  await health.recordOutcome(id, 'graph', null)

  expect(await findTenant(database.db, id)).toMatchObject({ lastError: { code: 'role_missing' } })
})

test('a passing failure does not take the place of one that lasts', async () => {
  const id = await givenTenant(database.db)
  const lastError = failure('role_missing', { service: 'entra' })
  await database.db.tenant.update({ where: { id }, data: { lastError } })

  await health.recordOutcome(id, 'graph', failure('timeout'))
  const failing = await findTenant(database.db, id)
  await health.recordOutcome(id, 'graph', null)
  await health.recordOutcome(id, 'graph', failure('app_disabled', { service: 'entra' }))

  expect(failing).toMatchObject({
    lastError: { code: 'role_missing' },
    surfaces: [{ surface: 'graph', status: 'failing', lastError: { code: 'timeout' } }],
  })
  expect(await findTenant(database.db, id)).toMatchObject({ lastError: { code: 'app_disabled' } })
})

test('an outcome of a tenant that was offboarded meanwhile is let go', async () => {
  await health.recordOutcome('11111111-1111-4111-8111-111111111111', 'graph', failure('unavailable'))

  expect(await database.db.tenantSurface.count()).toBe(0)
})
