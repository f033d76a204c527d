import { expect, test } from 'vitest'
import { checkApprover } from '../../src/consent/approvers.ts'
import type { RoleKey } from '../../src/microsoft/roles/roles.ts'

const globalAdministrator = '62e90394-69f5-4237-9190-012177145e10'
const applicationAdministrator = '9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3'
const securityReader = '5d6b6bb7-de71-4623-b4af-96380a352509'
const defaultUser = 'b79fbf4d-3ef9-4689-8143-76b194e85509'
const withGraph: RoleKey[] = ['graph:ThreatHunting.Read.All', 'endpoint:Machine.Read.All']
const withoutGraph: RoleKey[] = ['endpoint:Machine.Read.All']

test.each<[string, string[] | null, RoleKey[], boolean | null]>([
  ['directory roles that are not told', null, withGraph, null],
  ['a global administrator', [securityReader, globalAdministrator, defaultUser], withGraph, true],
  ['no role at all', [], withGraph, false],
  ['the default user role, which every member carries', [defaultUser], withGraph, false],
  ['a security reader', [securityReader, defaultUser], withGraph, false],
  ['an application administrator, for Graph', [applicationAdministrator], withGraph, false],
  ['an application administrator, without Graph', [applicationAdministrator], withoutGraph, true],
])('%s', (_what, directoryRoles, askedRoles, administrator) => {
  expect(checkApprover({ isGuest: false, directoryRoles }, askedRoles)).toEqual({
    isGuest: false,
    administrator,
  })
})

test('a guest is told from a member, whatever roles they hold', () => {
  const guest = { isGuest: true, directoryRoles: [globalAdministrator] }

  expect(checkApprover(guest, withGraph).isGuest).toBe(true)
})
