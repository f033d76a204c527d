import { afterAll, beforeAll, expect, test } from 'vitest'
import { rolesInForce } from '../../src/staff/roles.ts'
import type { StaffRole } from '../../src/tenants/actor.ts'
import { acts, may } from '../../src/tenants/permissions.ts'
import type { RouteAct } from '../../src/web/plugins/access/route-acts.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { administrator } from '../helpers/customers.ts'
import { addressOf, askingAs, changes } from './requests.ts'

let running: RunningApp
let routes: readonly RouteAct[]

beforeAll(async () => {
  running = await startApp({ work: false })
  routes = running.app.routeActs
})

afterAll(() => running?.close())

const nameOf = ({ method, url }: RouteAct) => `${method} ${url}`
const isApi = ({ url }: RouteAct) => url.startsWith('/api/v1/')

/** What everybody may ask for, signed in or not. */
const publicAddresses =
  /^\/(assets\/.*|healthz|readyz|metrics|sign-in|sign-out|no-role|auth\/.*|join\/:token(\/consent)?|activity\/:token|consent\/.*|api|api\/openapi\.json)$/

test('every route names its act, and nothing is public by accident', () => {
  expect(routes.length).toBeGreaterThan(100)
  expect(routes.filter(({ act }) => act === null).map(nameOf)).toEqual([])
  expect(routes.filter(({ act, url }) => act === 'public' && !publicAddresses.test(url)).map(nameOf)).toEqual(
    [],
  )
  expect(routes.filter(route => isApi(route) && route.act === 'public').map(nameOf)).toEqual([])
})

test('no act that readers have lets anybody change something', () => {
  const asReader = { ...administrator, role: 'reader' as const }
  const wrong = routes
    .filter(changes)
    .filter(({ act }) => act !== null && act !== 'public' && may(asReader, act))
    .map(nameOf)

  expect(wrong).toEqual([
    // They change nothing but how the reader has the queue, and what the reader has seen, or answer with a text.
    'POST /api/v1/queries/:id/rendering',
    // One's own sessions.
    'POST /account/sessions/:id/end',
    'POST /incidents/views',
    'POST /incidents/views/:id/name',
    'POST /incidents/views/:id/sharing',
    'POST /incidents/views/:id/removal',
    'POST /incidents/views/:id/default',
    'POST /incidents/views/no-default',
    'POST /incidents/columns',
    'POST /library/:id/editor',
    'POST /notifications/seen',
  ])
})

test('every act of the table is one that a route names', () => {
  const named = new Set(routes.map(({ act }) => act))

  // Asked inside a route: what of an answer is shown, whose things are changed.
  const asked = ['invitation.read-links', 'query.manage', 'view.share', 'view.manage', 'metrics.read']
  expect(acts.filter(act => !named.has(act) && !asked.includes(act))).toEqual([])
})

test('without a sign-in or a key, no route but the public ones answers', async () => {
  for (const route of routes.filter(({ act }) => act !== 'public')) {
    const answer = await running.app.inject({ method: route.method as 'GET', url: addressOf(route) })

    if (!isApi(route) && route.method === 'GET') {
      expect(answer.statusCode, nameOf(route)).toBe(303)
      expect(answer.headers.location, nameOf(route)).toMatch(/^\/sign-in\?returnTo=/)
    } else {
      expect(answer.statusCode, nameOf(route)).toBe(401)
    }
  }
})

for (const role of ['reader', 'responder', 'analyst'] satisfies StaffRole[]) {
  test(`a ${role} is refused whatever the role does not allow, before what was sent is looked at`, async () => {
    const ask = await askingAs(running, role)
    const asRole = { ...administrator, role, roles: rolesInForce([role], 'analysts') }
    const refused = routes.filter(({ act }) => act !== null && act !== 'public' && !may(asRole, act))
    expect(refused.length).toBeGreaterThan(30)

    for (const route of refused) {
      const sent = changes(route)
        ? { headers: { 'content-type': 'application/json' }, payload: '{"not": "JSON' }
        : {}
      const answer = await ask(route.method, addressOf(route), sent)

      expect(answer.statusCode, nameOf(route)).toBe(403)
      if (isApi(route) && route.method !== 'HEAD') expect(answer.json().code, nameOf(route)).toBe('forbidden')
    }
  })
}

test('a reader changes an incident without If-Match: refused for the role, not for the header', async () => {
  const ask = await askingAs(running, 'reader')

  const answer = await ask('PATCH', '/api/v1/incidents/1', {
    headers: { 'content-type': 'application/json' },
    payload: '{"status":"resolved"}',
  })

  expect(answer.statusCode).toBe(403)
})
