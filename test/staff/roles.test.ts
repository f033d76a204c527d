import { expect, test } from 'vitest'
import { createActors } from '../../src/staff/actors.ts'
import { readAppRoles, rolesInForce } from '../../src/staff/roles.ts'
import { acts, may } from '../../src/tenants/permissions.ts'

const row = { seesAll: true, limitedToTags: [], limitedToIds: [] }
const memberWith = (roles: string[], responders: 'analysts' | 'separate') =>
  createActors(responders).ofMember({ objectId: 'x', username: 'x', roles, ...row })

test('app roles are read as they stand in Entra, strongest first, whatever else is there', () => {
  expect(readAppRoles(['Tenantry.Reader', 'Other', 'Tenantry.Responder'])).toEqual(['responder', 'reader'])
  expect(readAppRoles(['tenantry.admin', 'Admin'])).toEqual([])
})

test.each([
  [['analyst'], 'analysts', true],
  [['analyst'], 'separate', false],
  [['responder'], 'separate', true],
  [['analyst', 'responder'], 'separate', true],
  [['reader', 'responder'], 'separate', true],
  [['admin'], 'separate', true],
  [['reader'], 'analysts', false],
  [[], 'analysts', false],
] as const)('%j with responders=%s act on devices: %s', (roles, responders, expected) => {
  expect(may(memberWith([...roles], responders), 'device.act')).toBe(expected)
})

test('somebody with two roles may do what either may, and no more', () => {
  const both = memberWith(['analyst', 'responder'], 'separate')
  const either = [memberWith(['analyst'], 'separate'), memberWith(['responder'], 'separate')]

  for (const act of acts) expect(may(both, act), act).toBe(either.some(one => may(one, act)))
  expect(may(both, 'key.manage')).toBe(false)
  expect(both.role).toBe('analyst')
})

test('a responder alone looks and acts on devices, and does not triage or hunt', () => {
  const responder = memberWith(['responder'], 'separate')

  for (const act of ['incident.read', 'device.read', 'hunt.read', 'device.act'] as const)
    expect(may(responder, act), act).toBe(true)
  for (const act of ['incident.write', 'hunt.run', 'schedule.write', 'tenant.write'] as const)
    expect(may(responder, act), act).toBe(false)
})

test('an API key of an analyst is a responder as its setting says', () => {
  const key = { id: 'k', name: 'k', role: 'analyst', ...row }

  expect(may(createActors('analysts').ofKey(key), 'device.act')).toBe(true)
  expect(may(createActors('separate').ofKey(key), 'device.act')).toBe(false)
  expect(rolesInForce(['analyst'], 'separate')).toEqual(['analyst'])
})
