import { expect, test } from 'vitest'
import { requiredPermissions } from '../../src/simulator/registration.ts'
import { chooseSurfaces, surfaceFor } from '../../src/tenants/capabilities.ts'
import { compareRoles, roleChange, satisfies } from '../../src/tenants/role-comparison.ts'
import {
  describeAbsence,
  describeForCustomer,
  knownRole,
  parseRequiredRoles,
  type RoleKey,
} from '../../src/tenants/roles.ts'

test('a bare role name means the first surface that has it', () => {
  const { roles, problems } = parseRequiredRoles(
    'ThreatHunting.Read.All, AdvancedHunting.Read.All,Machine.Isolate',
  )

  expect(problems).toEqual([])
  expect(roles).toEqual([
    'graph:ThreatHunting.Read.All',
    'defender:AdvancedHunting.Read.All',
    'endpoint:Machine.Isolate',
  ])
})

test('a role is named once however often and in whatever case it was written', () => {
  const { roles } = parseRequiredRoles('graph:securityincident.read.all,SecurityIncident.Read.All,')

  expect(roles).toEqual(['graph:SecurityIncident.Read.All'])
})

test.each([
  ['sentinel:Foo.Read', /"sentinel:Foo.Read" is not a role/],
  ['Nobody.Knows.This', /is not a role/],
  ['', /no role is named/],
  ['graph:', /is not a role/],
])('%j is refused with a sentence', (text, problem) => {
  expect(parseRequiredRoles(text).problems[0]).toMatch(problem)
})

test('a role that we do not know is taken when its surface is named', () => {
  expect(parseRequiredRoles('graph:ThreatIntelligence.Read.All').roles).toEqual([
    'graph:ThreatIntelligence.Read.All',
  ])
})

test.each<[RoleKey, RoleKey, boolean]>([
  ['graph:SecurityIncident.ReadWrite.All', 'graph:SecurityIncident.Read.All', true],
  ['graph:SecurityIncident.Read.All', 'graph:SecurityIncident.ReadWrite.All', false],
  ['defender:Incident.Read.All', 'graph:SecurityIncident.Read.All', true],
  ['defender:Incident.ReadWrite.All', 'graph:SecurityIncident.Read.All', true],
  ['graph:SecurityIncident.Read.All', 'defender:Incident.ReadWrite.All', false],
  ['endpoint:AdvancedQuery.Read.All', 'graph:ThreatHunting.Read.All', true],
  ['endpoint:Alert.Read.All', 'graph:SecurityAlert.Read.All', true],
  ['endpoint:Machine.ReadWrite.All', 'endpoint:Machine.Read.All', true],
  ['endpoint:Machine.ReadWrite.All', 'endpoint:Machine.Isolate', false],
  ['graph:ThreatHunting.Read.All', 'graph:SecurityIncident.Read.All', false],
  ['graph:Policy.ReadWrite.All', 'graph:Policy.Read.All', true],
  ['endpoint:Policy.ReadWrite.All', 'graph:Policy.Read.All', false],
  ['graph:Policy.Read.All', 'graph:Policy.ReadWrite.All', false],
])('%s in place of %s: %s', (granted, required, expected) => {
  expect(satisfies(granted, required)).toBe(expected)
})

test('the comparison says what is missing and what stands in for what', () => {
  const comparison = compareRoles(
    ['graph:SecurityIncident.Read.All', 'graph:ThreatHunting.Read.All', 'endpoint:Machine.Read.All'],
    ['endpoint:Machine.Read.All', 'graph:SecurityIncident.ReadWrite.All'],
  )

  expect(comparison.missing).toEqual(['graph:ThreatHunting.Read.All'])
  expect(comparison.satisfiedBy).toEqual({
    'graph:SecurityIncident.Read.All': 'graph:SecurityIncident.ReadWrite.All',
    'endpoint:Machine.Read.All': 'endpoint:Machine.Read.All',
  })
})

test('a change of roles is told by what came and what went', () => {
  expect(roleChange(['a', 'b'], ['b', 'c'])).toEqual({ added: ['c'], removed: ['a'] })
  expect(roleChange(['a', 'b'], ['b', 'a'])).toBeNull()
})

test('Graph is chosen wherever its role is granted, the older surface elsewhere', () => {
  const granted = [
    'graph:SecurityIncident.Read.All',
    'defender:Incident.ReadWrite.All',
    'endpoint:AdvancedQuery.Read.All',
  ]

  expect(surfaceFor(granted, 'incidents.read')).toBe('graph')
  expect(surfaceFor(granted, 'incidents.write')).toBe('defender')
  expect(surfaceFor(granted, 'hunting')).toBe('endpoint')
  expect(surfaceFor(granted, 'devices.isolate')).toBeNull()
})

test('what ends is said only for what rides on an ending surface', () => {
  const older = chooseSurfaces(['defender:AdvancedHunting.Read.All'])
  const newer = chooseSurfaces(['graph:ThreatHunting.Read.All', 'defender:AdvancedHunting.Read.All'])

  expect(older.find(choice => choice.capability === 'hunting')?.ending).toMatchObject({
    on: '2027-02-01',
    certainty: 'announced',
  })
  expect(newer.find(choice => choice.capability === 'hunting')?.ending).toBeNull()
})

test('every permission of the demo registration is known with its id and explained', () => {
  for (const { surface, role, id } of requiredPermissions) {
    const key: RoleKey = `${surface}:${role}`

    expect(knownRole(key)?.id).toBe(id)
    expect(describeForCustomer(key).lets.length).toBeGreaterThan(20)
    expect(describeAbsence(key).disables).toMatch(/\.$/)
  }
})
