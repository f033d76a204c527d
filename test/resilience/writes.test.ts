import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRetryBudget } from '../../src/microsoft/http/retry.ts'
import { createServices, type Services } from '../../src/services.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { type Customers, customersOf, roles } from '../helpers/customers.ts'
import { someIncident } from '../helpers/incidents.ts'
import { failureOf, type Misbehaviour, misbehave, misbehaviours, requestsTo } from './misbehaviours.ts'

let running: RunningApp
let customers: Customers
let impatient: Services

const remote = { random: () => 0, circuit: { threshold: 1000 }, budget: createRetryBudget(10_000) }

beforeAll(async () => {
  running = await startApp({ tenants: 200, work: false, remote })
  impatient = await createServices(running.services.config, running.database.url, {
    remote: { ...remote, longest: { timeoutMs: 400 } },
  })
  customers = customersOf(running)
})

afterAll(async () => {
  running?.simulator.control.clearFaults()
  await impatient?.close(1000)
  await running?.close()
})

type Write = {
  name: string
  surface: 'graph' | 'defender' | 'endpoint'
  /** Part of the counted path of the write alone. */
  path: string
  /** What is to be written to. */
  target(tenantId: string): Promise<string>
  run(services: Services, tenantId: string, target: string): Promise<unknown>
  /** How often it happened, as the service tells. */
  happened(tenantId: string, target: string): Promise<number>
}

const comment = 'written once'

async function activeIncident(tenantId: string, surface: 'graph' | 'defender'): Promise<string> {
  return (await someIncident(running.services.defender, tenantId, roles[surface], 'active')).id
}

async function commentsOn(tenantId: string, incidentId: string, surface: 'graph' | 'defender') {
  const { incident } = await running.services.defender.syncIncident(tenantId, roles[surface], incidentId)
  return incident.comments.filter(one => one.comment === comment).length
}

const writes: Write[] = [
  {
    name: 'a comment on Graph',
    surface: 'graph',
    path: 'POST ',
    target: tenantId => activeIncident(tenantId, 'graph'),
    run: ({ defender }, tenantId, id) => defender.updateIncident(tenantId, roles.graph, id, { comment }),
    happened: (tenantId, id) => commentsOn(tenantId, id, 'graph'),
  },
  {
    name: 'a change with a comment on Defender XDR',
    surface: 'defender',
    path: 'PATCH ',
    target: tenantId => activeIncident(tenantId, 'defender'),
    run: ({ defender }, tenantId, id) =>
      defender.updateIncident(tenantId, roles.defender, id, { status: 'inProgress', comment }),
    happened: (tenantId, id) => commentsOn(tenantId, id, 'defender'),
  },
  {
    name: 'an isolation',
    surface: 'endpoint',
    path: 'POST ',
    async target(tenantId) {
      const { items } = await running.services.defender.listDevices(tenantId, roles.endpoint, { limit: 1 })
      return items[0]?.id ?? ''
    },
    run: ({ defender }, tenantId, id) =>
      defender.runDeviceAction(tenantId, roles.endpoint, id, { type: 'isolate', comment }),
    async happened(tenantId, id) {
      const { items: actions } = await running.services.defender.listDeviceActions(
        tenantId,
        roles.endpoint,
        id,
      )
      return actions.filter(one => one.comment === comment).length
    },
  },
]

/** Carried out and then badly answered; the others strike before anything is done. */
const afterwards: Misbehaviour['kind'][] = ['slow-drip', 'truncated-json', 'wrong-content-type']

describe.each(writes)('$name', ({ surface, path, target, run, happened }) => {
  test('is sent once whatever comes back, and again only when the service sent it away', async () => {
    const outcomes = await Promise.all(
      misbehaviours.map(async ({ kind, isSlow }) => {
        const { tenantId } = customers.consented()
        const services = isSlow ? impatient : running.services
        await services.tokens.acquire(tenantId, surface)
        const id = await target(tenantId)
        const before = requestsTo(running.simulator, surface, tenantId, path)
        const end = misbehave(running.simulator, surface, tenantId, kind)

        const failure = await failureOf(run(services, tenantId, id))
        const sent = requestsTo(running.simulator, surface, tenantId, path) - before
        end()
        return { kind, code: failure?.code, sent, happened: await happened(tenantId, id) }
      }),
    )

    expect(outcomes).toEqual(
      misbehaviours.map(({ kind, code }) => ({
        kind,
        code,
        sent: code === 'throttled' ? 4 : 1,
        happened: afterwards.includes(kind) ? 1 : 0,
      })),
    )
  })

  test('that was throttled once happens once', async () => {
    const { tenantId } = customers.consented()
    const id = await target(tenantId)
    misbehave(running.simulator, surface, tenantId, 'throttle-json', { times: 1 })

    await run(running.services, tenantId, id)

    expect(await happened(tenantId, id)).toBe(1)
  })

  test('whose token was rejected happens once, with a new token', async () => {
    const { tenantId } = customers.consented()
    const id = await target(tenantId)
    misbehave(running.simulator, surface, tenantId, 'unauthorized', { times: 1 })

    await run(running.services, tenantId, id)

    expect(await happened(tenantId, id)).toBe(1)
  })
})
