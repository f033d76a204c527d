import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { StaffRole } from '../../src/tenants/actor.ts'
import { acts, may, requireAct } from '../../src/tenants/permissions.ts'
import { administrator } from '../helpers/customers.ts'

const views = fileURLToPath(new URL('../../views/', import.meta.url))

const as = (role: StaffRole | null) => ({ ...administrator, role })

test('administrators may do everything, and whoever has no role may do nothing', () => {
  expect(acts.filter(act => !may(as('admin'), act))).toEqual([])
  expect(acts.filter(act => may(as(null), act))).toEqual([])
})

test('readers only look, and see no consent links', () => {
  const allowed = acts.filter(act => may(as('reader'), act))

  // Their own sessions are theirs to end.
  expect(allowed.filter(act => !act.endsWith('.read'))).toEqual(['session.own'])
  expect(allowed).not.toContain('invitation.read-links')
  expect(allowed).not.toContain('settings.read')
})

test('a refusal names the least role that may', () => {
  expect(() => requireAct(as('reader'), 'hunt.run')).toThrow('this needs the role Tenantry.Analyst')
  expect(() => requireAct(as('analyst'), 'tenant.offboard')).toThrow('this needs the role Tenantry.Admin')
})

test('pages ask for acts that exist', () => {
  const named = readdirSync(views, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.eta'))
    .flatMap(file => [...readFileSync(join(views, file), 'utf8').matchAll(/\bcan\('([^']+)'\)/g)])
    .map(([, act]) => act ?? '')

  expect(named.length).toBeGreaterThan(20)
  expect(named.filter(act => !(acts as string[]).includes(act))).toEqual([])
})
