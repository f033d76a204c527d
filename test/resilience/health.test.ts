import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRetryBudget } from '../../src/microsoft/http/retry.ts'
import { type Api, apiOf } from '../helpers/api.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { type Customers, customersOf, roles } from '../helpers/customers.ts'
import { readIncidents } from '../helpers/incidents.ts'
import { type Staff, signedIn, words } from '../helpers/staff.ts'
import { type Misbehaviour, misbehave, misbehaviours } from './misbehaviours.ts'

let running: RunningApp
let customers: Customers
let asAnalyst: Api
let staff: Staff

beforeAll(async () => {
  running = await startApp({
    tenants: 60,
    work: false,
    remote: {
      random: () => 0,
      circuit: { threshold: 1000 },
      budget: createRetryBudget(10_000),
      longest: { timeoutMs: 2000, deadlineMs: 3000 },
    },
  })
  customers = customersOf(running)
  asAnalyst = await apiOf(running, 'analyst')
  staff = await signedIn(running)
})

afterAll(async () => {
  running?.simulator.control.clearFaults()
  await running?.close()
})

/** What a program is answered while Microsoft misbehaves. */
const statuses: Record<string, number> = {
  throttled: 503,
  unavailable: 503,
  reset: 502,
  timeout: 504,
  bad_answer: 502,
  too_large: 502,
}

/** Neither throttling nor a single large answer says anything about the tenant. */
const saysNothing = ['throttled', 'too_large']

async function someIncident(tenantId: string): Promise<string> {
  const { incidents } = await readIncidents(running.services.defender, tenantId, roles.graph)
  return incidents.find(({ incident }) => incident.redirectTo === null)?.incident.id ?? ''
}

function setTag(tenantId: string, incidentId: string) {
  const id = encodeURIComponent(`${tenantId}:${incidentId}`)
  return asAnalyst('PATCH', `/incidents/${id}`, { tags: ['seen'] }, { 'if-match': '*' })
}

async function graphHealth(tenantId: string) {
  const { body } = await asAnalyst('GET', `/tenants/${tenantId}`)
  const { status, lastError } = body.surfaces.find((one: { surface: string }) => one.surface === 'graph')
  return { status, code: lastError?.code ?? null, remedy: lastError?.remedy ?? null, tenant: body }
}

test.each(misbehaviours)(
  '$kind reaches programs, pages and health by its name, and leaves them again',
  async ({ kind, code }: Misbehaviour) => {
    const { tenantId } = await customers.connected()
    const incidentId = await someIncident(tenantId)
    const end = misbehave(running.simulator, 'graph', tenantId, kind)

    // A change is preceded by a read at Microsoft, and so is the page of an incident that the store lacks.
    const refused = await setTag(tenantId, incidentId)
    const page = await staff.get(`/tenants/${tenantId}/incidents/${incidentId}`)

    expect(refused).toMatchObject({
      status: statuses[code],
      body: { code, detail: expect.any(String), remedy: expect.any(String), service: 'graph' },
    })
    expect(refused.headers.get('content-type')).toContain('application/problem+json')
    expect(page.status).toBe(statuses[code])
    expect(words(page.text)).toContain(`Code: ${code}`)
    const expected = saysNothing.includes(code) ? 'working' : 'failing'
    await expect.poll(async () => (await graphHealth(tenantId)).status).toBe(expected)
    const during = await graphHealth(tenantId)
    expect(during.code).toBe(expected === 'failing' ? code : null)
    expect(during.tenant.status).toBe('connected')

    end()
    expect((await setTag(tenantId, incidentId)).status).toBe(200)
    await expect
      .poll(() => graphHealth(tenantId))
      .toMatchObject({ status: 'working', code: null, tenant: { lastError: null } })
  },
)
