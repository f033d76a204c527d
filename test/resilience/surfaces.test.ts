import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BadAnswer } from '../../src/hunting/results/answer/bad-answer.ts'
import { readHuntingAnswer } from '../../src/hunting/results/answer/read-answer.ts'
import { createRetryBudget } from '../../src/microsoft/http/retry.ts'
import { createServices, type Services } from '../../src/services.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { type Customers, customersOf, roles } from '../helpers/customers.ts'
import { readIncidents } from '../helpers/incidents.ts'
import { failureOf, type Misbehaviour, misbehave, misbehaviours, requestsTo } from './misbehaviours.ts'

let running: RunningApp
let customers: Customers
/** The same, but whoever keeps it waiting is given up soon. */
let impatient: Services

// Circuits and the budget of retries have tests of their own: here every call is to be sent.
const remote = { random: () => 0, circuit: { threshold: 1000 }, budget: createRetryBudget(10_000) }

beforeAll(async () => {
  running = await startApp({ tenants: 400, work: false, remote })
  running.simulator.control.setQuota({ enabled: false })
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

type Surface = 'graph' | 'defender' | 'endpoint'
type Operation = {
  name: string
  surface: Surface
  run: (services: Services, tenantId: string) => Promise<unknown>
}

async function huntAndRead({ defender }: Services, tenantId: string, surface: Surface): Promise<unknown> {
  const { text, wire } = await defender.hunt(tenantId, roles[surface], { query: 'print Ready = true' })
  try {
    return readHuntingAnswer(text, wire)
  } catch (error) {
    if (error instanceof BadAnswer) throw Object.assign(error, { failure: { code: 'bad_answer' } })
    throw error
  }
}

const operations: Operation[] = [
  {
    name: 'incidents on Graph',
    surface: 'graph',
    run: ({ defender }, tenantId) => readIncidents(defender, tenantId, roles.graph),
  },
  {
    name: 'hunting on Graph',
    surface: 'graph',
    run: (services, tenantId) => huntAndRead(services, tenantId, 'graph'),
  },
  {
    name: 'incidents on Defender XDR',
    surface: 'defender',
    run: ({ defender }, tenantId) => readIncidents(defender, tenantId, roles.defender),
  },
  {
    name: 'hunting on Defender XDR',
    surface: 'defender',
    run: (services, tenantId) => huntAndRead(services, tenantId, 'defender'),
  },
  {
    name: 'devices on Defender for Endpoint',
    surface: 'endpoint',
    run: ({ defender }, tenantId) => defender.listDevices(tenantId, roles.endpoint, { limit: 1 }),
  },
  {
    name: 'hunting on Defender for Endpoint',
    surface: 'endpoint',
    run: (services, tenantId) => huntAndRead(services, tenantId, 'endpoint'),
  },
]

/** Hunting takes large answers: that this one holds nothing shows when it is read. */
function codeFor(operation: Operation, { kind, code }: Misbehaviour): string {
  return kind === 'huge-answer' && operation.name.startsWith('hunting') ? 'bad_answer' : code
}

describe.each(operations)('$name', operation => {
  const { surface, run } = operation

  test.each(misbehaviours.filter(({ isSlow }) => !isSlow))(
    'meets $kind by a name, and all is well once it ends',
    async expected => {
      const { tenantId } = customers.consented()
      const end = misbehave(running.simulator, surface, tenantId, expected.kind)

      const failure = await failureOf(run(running.services, tenantId))
      const sent = requestsTo(running.simulator, surface, tenantId)
      end()
      const afterwards = await failureOf(run(running.services, tenantId))

      expect(failure).toMatchObject({ code: codeFor(operation, expected) })
      expect(sent).toBe(expected.requests)
      expect(afterwards).toBeNull()
    },
  )
})

test.each(misbehaviours.filter(({ isSlow }) => isSlow))(
  'every surface that meets $kind is given up in time, and all is well once it ends',
  async expected => {
    const outcomes = await Promise.all(
      operations.map(async operation => {
        const { name, surface, run } = operation
        const { tenantId } = customers.consented()
        await impatient.tokens.acquire(tenantId, surface)
        const end = misbehave(running.simulator, surface, tenantId, expected.kind)

        const failure = await failureOf(run(impatient, tenantId))
        const sent = requestsTo(running.simulator, surface, tenantId)
        end()
        return {
          name,
          code: failure?.code,
          sent,
          afterwards: await failureOf(run(running.services, tenantId)),
        }
      }),
    )

    const { code, requests } = expected
    expect(outcomes).toEqual(
      operations.map(({ name }) => {
        // A query that may have run costs quota again.
        const sent = name.startsWith('hunting') ? 1 : requests
        return { name, code, sent, afterwards: null }
      }),
    )
  },
)

test.each(misbehaviours.filter(({ requests }) => requests > 1))(
  'a read that meets $kind once is repeated and succeeds',
  async ({ kind, isSlow }) => {
    const { tenantId } = customers.consented()
    // Made before, so that the patience below is for the fault and not for the simulator.
    await readIncidents(running.services.defender, tenantId, roles.graph)
    running.simulator.control.resetRequests()
    misbehave(running.simulator, 'graph', tenantId, kind, { times: 1 })

    const { defender } = isSlow ? impatient : running.services
    const { incidents } = await readIncidents(defender, tenantId, roles.graph)

    expect(incidents.length).toBeGreaterThan(0)
    expect(requestsTo(running.simulator, 'graph', tenantId)).toBeGreaterThanOrEqual(2)
  },
)

describe('a service that says when to come back', () => {
  /** Milliseconds between the first and the last request. */
  function pause(service: Surface, tenantId: string): number {
    const [{ firstAt, lastAt } = { firstAt: 0, lastAt: 0 }] = running.simulator.control.requests({
      service,
      tenantId,
    })
    return lastAt - firstAt
  }

  test.each([
    ['in seconds', 'graph', { kind: 'throttle-text', retryAfterSeconds: 1 }, 1000],
    ['as a date', 'graph', { kind: 'unavailable-html', retryAfterDate: 2000 }, 1000],
    [
      'in the text of its answer',
      'endpoint',
      {
        kind: 'throttle-json',
        retryAfterSeconds: null,
        body: {
          error: {
            code: '429',
            message: 'API calls quota exceeded! You can send requests again in 1 seconds.',
          },
        },
      },
      1000,
    ],
  ] as const)('%s is asked again then, not before', async (_form, surface, fault, least) => {
    const { tenantId } = customers.consented()
    const { kind, ...more } = fault
    const withDate =
      'retryAfterDate' in more ? { retryAfterDate: new Date(Date.now() + more.retryAfterDate) } : more
    misbehave(running.simulator, surface, tenantId, kind, { ...withDate, times: 1 })

    if (surface === 'graph') await readIncidents(running.services.defender, tenantId, roles.graph)
    else await running.services.defender.listDevices(tenantId, roles.endpoint, { limit: 1 })

    expect(requestsTo(running.simulator, surface, tenantId)).toBe(2)
    expect(pause(surface, tenantId)).toBeGreaterThanOrEqual(least - 50)
  })

  test('later than anybody waits is not asked again, by any process, and its neighbours are', async () => {
    const [throttled, neighbour] = [customers.consented(), customers.consented()]
    misbehave(running.simulator, 'graph', throttled.tenantId, 'throttle-json', { retryAfterSeconds: 600 })
    const list = ({ defender }: Services, tenantId: string) =>
      failureOf(readIncidents(defender, tenantId, roles.graph))

    const first = await list(running.services, throttled.tenantId)
    const again = await list(running.services, throttled.tenantId)
    const elsewhere = await list(impatient, throttled.tenantId)
    const other = await list(running.services, neighbour.tenantId)

    expect(first).toMatchObject({ code: 'throttled', retryAfterSeconds: 600 })
    for (const held of [again, elsewhere]) {
      expect(held?.code).toBe('quota_exhausted')
      expect(held?.retryAfterSeconds).toBeGreaterThan(500)
    }
    expect(other).toBeNull()
    expect(requestsTo(running.simulator, 'graph', throttled.tenantId)).toBe(1)
  })
})
