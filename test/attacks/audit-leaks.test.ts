import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { StaffRole } from '../../src/tenants/actor.ts'
import type { RouteAct } from '../../src/web/plugins/access/route-acts.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { givenTenant } from '../tenants/givens.ts'
import { type Ask, addressOf, askingAs, changes } from './requests.ts'

let running: RunningApp
/** A tenant that nobody here may see, and one that does not exist. */
let hidden: string
const nobody = '00000000-0000-4000-8000-00000000dead'
const mark = 'Zzyzxhidden'

beforeAll(async () => {
  running = await startApp({ work: false, tenants: 2 })
  hidden = await givenTenant(running.database.db, {
    id: randomUUID(),
    name: `${mark} GmbH`,
    tags: [mark],
    domain: `${mark.toLowerCase()}.example`,
  })
})
afterAll(() => running?.close())

/** Every route with a tenant in its address, asked with that one. */
async function askForTenant(ask: Ask, tenantId: string): Promise<void> {
  const about = ({ url }: RouteAct) => url.includes('/tenants/:')
  for (const route of running.app.routeActs.filter(one => about(one) && one.method !== 'HEAD')) {
    const { method } = route
    await ask(
      method,
      addressOf(route, name => (/^(id|tenantId)$/.test(name) ? tenantId : undefined)),
      {
        ...(changes(route) ? { headers: { 'content-type': 'application/json' }, payload: '{}' } : {}),
      },
    )
  }
}

type Event = { tenantId: string | null; tenantName: string | null; target: string; detail: object }

test.each(['reader', 'analyst', 'responder', 'admin'] satisfies StaffRole[])(
  'an attempt at a hidden tenant tells a limited %s nothing but what they typed',
  async role => {
    const ask = await askingAs(running, role, ['north'])
    await askForTenant(ask, hidden)
    await askForTenant(ask, nobody)

    const list = await ask('GET', '/api/v1/audit?limit=200')
    const answers = [
      list,
      await ask('GET', `/api/v1/audit?tenant=${hidden}`),
      await ask('GET', `/api/v1/audit?search=${mark}`),
      await ask('GET', `/api/v1/audit/export?tenant=${hidden}`),
      await ask('GET', '/audit'),
      await ask('GET', `/audit?tenant=${hidden}`),
      await ask('GET', `/audit?search=GmbH`),
      await ask('GET', '/audit/export?format=csv'),
    ]

    expect(answers.map(({ statusCode }) => statusCode)).toEqual(answers.map(() => 200))
    for (const { body } of answers) expect(body.toLowerCase()).not.toContain(mark.toLowerCase())
    const { items } = list.json() as { items: Event[] }
    const shapeOf = ({ tenantName, target, detail }: Event) =>
      JSON.stringify({ tenantName, target, fields: Object.keys(detail).sort() })
    const ofHidden = items.filter(({ tenantId }) => tenantId === hidden)
    // What was refused is recorded once for each route, whatever tenant it named.
    for (const event of ofHidden) {
      expect(event.tenantName).toBeNull()
      expect(Object.keys(event.detail).sort()).toEqual(['act', 'reason', 'times'])
    }
    expect(new Set(ofHidden.map(shapeOf)).size).toBe(ofHidden.length)
    if (role === 'reader') expect(ofHidden.length).toBeGreaterThan(3)
  },
)

test('an attempt at a hidden tenant is recorded as one at a tenant that does not exist', async () => {
  const recorded: Event[] = []
  for (const tenantId of [hidden, nobody]) {
    const ask = await askingAs(running, 'reader', ['north'])
    await ask('POST', `/api/v1/tenants/${tenantId}/verification`, {
      headers: { 'content-type': 'application/json' },
      payload: '{}',
    })
    const { items } = (await ask('GET', `/api/v1/audit?tenant=${tenantId}`)).json() as { items: Event[] }
    recorded.push(...items.filter(({ target }) => target.startsWith('POST /api/v1/tenants/')))
  }

  const [first, second] = recorded.map(({ tenantName, target, detail }) => ({ tenantName, target, detail }))
  expect(recorded.map(({ tenantId }) => tenantId)).toEqual([hidden, nobody])
  expect(first).toEqual(second)
})
