import { expect, test } from 'vitest'
import { requiredPermissions } from '../../../simulator/src/registration.ts'
import {
  chooseSurfaces,
  dependences,
  isGrantedOn,
  surfaceFor,
} from '../../../src/microsoft/roles/capabilities.ts'
import { compareRoles, roleChange, satisfies } from '../../../src/microsoft/roles/role-comparison.ts'
import {
  describeAbsence,
  describeForCustomer,
  knownRole,
  parseRequiredRoles,
  type RoleKey,
} from '../../../src/microsoft/roles/roles.ts'

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

test('devices are read through hunting where it is granted, and what the Endpoint API adds is named', () => {
  const both = ['graph:ThreatHunting.Read.All', 'endpoint:Machine.Read.All']
  const devices = (granted: string[]) =>
    chooseSurfaces(granted).find(({ capability }) => capability === 'devices.read')

  expect(devices(both)).toMatchObject({
    surface: 'graph',
    ending: null,
    addition: {
      surface: 'endpoint',
      role: 'endpoint:Machine.Read.All',
      what: expect.stringContaining('risk'),
    },
  })
  expect(devices(both.slice(0, 1))).toMatchObject({ surface: 'graph', addition: null })
  expect(devices(both.slice(1))).toMatchObject({
    surface: 'endpoint',
    ending: { on: '2027-02-01' },
    addition: null,
  })
  expect(isGrantedOn(both, 'devices.read', 'endpoint')).toBe(true)
  expect(isGrantedOn(both, 'devices.users', 'endpoint')).toBe(false)
})

test('what ends names who depends on it, once for each consent', () => {
  const lines = dependences()
  const line = (key: string) => lines.find(one => one.key === key)

  expect(line('devices.read.endpoint')).toMatchObject({
    noneOf: ['graph:ThreatHunting.Read.All'],
    instead: 'graph:ThreatHunting.Read.All',
  })
  expect(line('devices.isolate.endpoint')).toMatchObject({
    label: 'Isolate a device; release a device from isolation',
    anyOf: ['endpoint:Machine.Isolate'],
    instead: null,
  })
  expect(line('devices.release.endpoint')).toBeUndefined()
  expect(new Set(lines.map(({ key }) => key)).size).toBe(lines.length)
})
