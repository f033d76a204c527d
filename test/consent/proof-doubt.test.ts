import { expect, test } from 'vitest'
import { doubtAbout } from '../../src/consent/proof-doubt.ts'
import type { RoleKey } from '../../src/tenants/roles.ts'
import type { Identity } from '../../src/tokens/index.ts'

const globalAdministrator = '62e90394-69f5-4237-9190-012177145e10'
const applicationAdministrator = '9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3'
const securityReader = '5d6b6bb7-de71-4623-b4af-96380a352509'
const withGraph: RoleKey[] = ['graph:ThreatHunting.Read.All', 'endpoint:Machine.Read.All']
const withoutGraph: RoleKey[] = ['endpoint:Machine.Read.All']

function person(told: Partial<Identity>): Identity {
  return {
    tenantId: '2d387936-d4ac-4c9d-b28b-34d4a7712f36',
    objectId: '0b7a9a1d-0000-4000-8000-000000000001',
    username: 'somebody@fabrikam.example',
    name: null,
    roles: [],
    isGuest: false,
    directoryRoles: null,
    sid: null,
    loginHint: null,
    ...told,
  }
}

test.each<[string, Partial<Identity>, RoleKey[], string | null]>([
  ['a member whose directory roles are not told', {}, withGraph, null],
  ['a global administrator', { directoryRoles: [securityReader, globalAdministrator] }, withGraph, null],
  ['a member without a role', { directoryRoles: [] }, withGraph, 'not_admin'],
  ['a security reader', { directoryRoles: [securityReader] }, withGraph, 'not_admin'],
  [
    'an application administrator, for Graph',
    { directoryRoles: [applicationAdministrator] },
    withGraph,
    'not_admin',
  ],
  [
    'an application administrator, without Graph',
    { directoryRoles: [applicationAdministrator] },
    withoutGraph,
    null,
  ],
  ['a guest', { isGuest: true }, withGraph, 'guest'],
  [
    'a guest who administers there',
    { isGuest: true, directoryRoles: [globalAdministrator] },
    withGraph,
    'guest',
  ],
])('%s', (_who, told, required, kind) => {
  expect(doubtAbout(person(told), required)?.kind ?? null).toBe(kind)
})

test('a doubt names the person, and what else can be done', () => {
  expect(doubtAbout(person({ directoryRoles: [] }), withGraph)?.detail).toMatch(
    /^somebody@fabrikam.example holds no directory role .* make a link pinned to the tenant/,
  )
  expect(doubtAbout(person({ isGuest: true, username: null }), withGraph)?.detail).toContain('0b7a9a1d')
})
