import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CustomerProfile } from '../../simulator/src/world.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { givenTenant } from '../tenants/givens.ts'

let running: RunningApp
let customers: CustomerProfile[]
let admin: { authorization: string }

beforeAll(async () => {
  running = await startApp({ work: false })
  customers = running.simulator.world.customers().filter(({ regionSubScope }) => !regionSubScope)
  admin = await running.apiKey('admin')
})

afterAll(() => running?.close())

function ask(
  method: 'GET' | 'POST',
  path: string,
  payload?: Record<string, unknown>,
  headers: Record<string, string> = admin,
) {
  return running.app.inject({
    method,
    url: `/api/v1/invitations${path}`,
    headers,
    ...(payload ? { payload } : {}),
  })
}

test('an invitation is made by domain, read, extended and withdrawn', async () => {
  const [customer] = customers

  const made = await ask('POST', '', {
    customerName: customer?.name,
    tenant: customer?.domain,
    expiresInHours: 2,
  })
  const { id, joinUrl } = made.json()
  const extended = await ask('POST', `/${id}/extension`, { hours: 48 })
  const revoked = await ask('POST', `/${id}/revocation`)
  const again = await ask('POST', `/${id}/extension`, { hours: 48 })
  const read = await ask('GET', `/${id}`)

  expect(made.statusCode).toBe(201)
  expect(made.json()).toEqual({
    id,
    customerName: customer?.name,
    tenantId: customer?.tenantId,
    status: 'created',
    joinUrl,
    createdAt: expect.any(String),
    expiresAt: expect.any(String),
    proof: null,
    tags: [],
    contact: null,
    remindAt: expect.any(String),
    remindedAt: null,
    overdue: false,
  })
  expect(Date.parse(made.json().expiresAt) - Date.parse(made.json().createdAt)).toBe(2 * 3_600_000)
  expect(joinUrl).toMatch(new RegExp(`^${running.url}/join/[\\w-]{43}$`))
  expect(extended.statusCode).toBe(200)
  expect(revoked.json()).toMatchObject({ id, status: 'revoked' })
  expect(again.statusCode).toBe(409)
  expect(again.json()).toMatchObject({ code: 'conflict', remedy: 'Make it again instead.' })
  expect(read.json().events.map(({ type }: { type: string }) => type)).toEqual([
    'created',
    'extended',
    'revoked',
  ])
})

test('an unknown tenant, a tenant of somebody else and a bad member are refused by name, and no link exists', async () => {
  const [, customer] = customers
  await givenTenant(running.database.db, { id: customer?.tenantId ?? '', name: 'Somebody Else' })
  const before = await running.database.db.invitation.count()

  const unknown = await ask('POST', '', { customerName: 'Alder Freight', tenant: 'nowhere.example' })
  const taken = await ask('POST', '', { customerName: 'Alder Freight', tenant: customer?.domain })
  const nameless = await ask('POST', '', { customerName: '   ' })
  const extra = await ask('POST', '', { customerName: 'Alder Freight', tenantId: 'x' })

  expect([unknown.statusCode, unknown.json().code]).toEqual([422, 'tenant_not_found'])
  expect([taken.statusCode, taken.json().code]).toEqual([409, 'tenant_taken'])
  expect([nameless.statusCode, nameless.json().code]).toEqual([422, 'invalid'])
  expect(extra.statusCode).toBe(422)
  expect(unknown.headers['content-type']).toContain('application/problem+json')
  expect(await running.database.db.invitation.count()).toBe(before)
})

test('the list is walked by cursor and filtered', async () => {
  for (const name of ['Birch One', 'Birch Two', 'Birch Three']) await ask('POST', '', { customerName: name })

  const first = (await ask('GET', '?search=birch&limit=2')).json()
  const second = (await ask('GET', `?search=birch&limit=2&cursor=${first.nextCursor}`)).json()
  const none = (await ask('GET', '?search=birch&status=revoked')).json()
  const bad = await ask('GET', '?cursor=nonsense')

  const names = [...first.items, ...second.items].map(({ customerName }) => customerName)
  expect(names).toEqual(['Birch Three', 'Birch Two', 'Birch One'])
  expect(second.nextCursor).toBeNull()
  expect(none).toEqual({ items: [], nextCursor: null })
  expect(bad.statusCode).toBe(422)
})

test('who has no key is told to send one, who may only look makes and ends nothing', async () => {
  const { id } = (await ask('POST', '', { customerName: 'Cedar Clinic' })).json()
  const reader = await running.apiKey('reader')

  const stranger = await ask('GET', '', undefined, {})
  const made = await ask('POST', '', { customerName: 'Cedar Clinic' }, reader)
  const revoked = await ask('POST', `/${id}/revocation`, undefined, reader)

  expect(stranger.statusCode).toBe(401)
  expect(stranger.json().remedy).toContain('Authorization: Bearer')
  expect([made.statusCode, revoked.statusCode]).toEqual([403, 403])
})

test('a key that is limited to a tag finds only links that led to a tenant with it', async () => {
  const { id } = (await ask('POST', '', { customerName: 'Dogwood Dairy' })).json()
  const limited = await running.apiKey('reader', ['north'])

  const list = await ask('GET', '', undefined, limited)
  const one = await ask('GET', `/${id}`, undefined, limited)

  expect(list.json().items).toEqual([])
  expect([one.statusCode, one.json().code]).toEqual([404, 'not_found'])
})
