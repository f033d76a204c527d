import { afterAll, beforeAll, expect, test } from 'vitest'
import { removeOldHistory } from '../../src/installation/history-store.ts'
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts'
import { givenTenant } from '../tenants/givens.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await createTestDatabase()
})

afterAll(() => database?.drop())

const dayMs = 24 * 3_600_000
const daysAgo = (days: number) => new Date(Date.now() - days * dayMs)

async function givenInvitation(status: string, endedAt: Date | null): Promise<string> {
  const { db } = database
  const customer = await db.customer.upsert({
    where: { nameKey: 'contoso' },
    create: { name: 'Contoso', nameKey: 'contoso' },
    update: {},
  })
  const { id } = await db.invitation.create({
    data: {
      customerId: customer.id,
      tokenHash: crypto.randomUUID(),
      status,
      endedAt,
      createdById: 'x',
      createdByLabel: 'x',
      createdAt: daysAgo(400),
      expiresAt: daysAgo(390),
      events: { create: { type: 'created' } },
    },
  })
  return id
}

test('what is older than it is kept goes, with what belongs to it; the rest and what is under way stays', async () => {
  const { db } = database
  const tenantId = await givenTenant(db, { name: 'Contoso' })
  const action = {
    tenantId,
    deviceId: 'd',
    deviceName: 'd',
    type: 'scan',
    comment: 'x',
    requestedById: 'x',
    requestedBy: 'x',
  }
  await db.tenantEvent.createMany({
    data: [
      { tenantId, type: 'connected', at: daysAgo(31) },
      { tenantId, type: 'degraded', at: daysAgo(29) },
    ],
  })
  await db.deviceAction.createMany({
    data: [
      { ...action, status: 'succeeded', createdAt: daysAgo(40), finishedAt: daysAgo(31) },
      { ...action, status: 'pending', createdAt: daysAgo(40) },
    ],
  })
  const gone = await givenInvitation('declined', daysAgo(31))
  const kept = [await givenInvitation('declined', daysAgo(29)), await givenInvitation('confirming', null)]

  const removed = await removeOldHistory(db, 30)

  expect(removed).toEqual({ tenantEvents: 1, invitations: 1, consentAttempts: 0, deviceActions: 1 })
  expect((await db.tenantEvent.findMany({ where: { tenantId } })).map(({ type }) => type)).toEqual([
    'degraded',
  ])
  expect((await db.deviceAction.findMany()).map(({ status }) => status)).toEqual(['pending'])
  expect((await db.invitation.findMany()).map(({ id }) => id).sort()).toEqual(kept.sort())
  expect(await db.invitationEvent.count({ where: { invitationId: gone } })).toBe(0)
})

test('more than one statement removes is removed all the same', async () => {
  const { db } = database
  const tenantId = await givenTenant(db, { name: 'Fabrikam' })
  const events = Array.from({ length: 4_500 }, () => ({ tenantId, type: 'checked', at: daysAgo(100) }))
  await db.tenantEvent.createMany({ data: events })

  const { tenantEvents } = await removeOldHistory(db, 30)

  expect(tenantEvents).toBe(4_500)
})
