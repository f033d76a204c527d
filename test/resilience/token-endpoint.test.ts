import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRetryBudget } from '../../src/microsoft/http/retry.ts'
import { createServices, type Services } from '../../src/services.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { type Customers, customersOf, roles } from '../helpers/customers.ts'
import { readIncidents } from '../helpers/incidents.ts'
import { failureOf, misbehave, misbehaviours, requestsTo } from './misbehaviours.ts'

let running: RunningApp
let customers: Customers
let impatient: Services

// Circuits and the budget of retries have tests of their own: here every call is to be sent.
const remote = { random: () => 0, circuit: { threshold: 1000 }, budget: createRetryBudget(10_000) }

beforeAll(async () => {
  running = await startApp({ tenants: 60, work: false, remote })
  impatient = await createServices(running.services.config, running.database.url, {
    remote: { ...remote, longest: { timeoutMs: 1_500 } },
  })
  customers = customersOf(running)
})

afterAll(async () => {
  running?.simulator.control.clearFaults()
  await impatient?.close(1000)
  await running?.close()
})

const list = ({ defender }: Services, tenantId: string) => readIncidents(defender, tenantId, roles.graph)

test('a token endpoint that misbehaves is named as such, and no surface is asked without a token', async () => {
  const outcomes = await Promise.all(
    misbehaviours.map(async ({ kind, isSlow }) => {
      const { tenantId } = customers.consented()
      const end = misbehave(running.simulator, 'login', tenantId, kind)

      const failure = await failureOf(list(isSlow ? impatient : running.services, tenantId))
      const sent = requestsTo(running.simulator, 'login', tenantId, '/token')
      const surface = requestsTo(running.simulator, 'graph', tenantId)
      end()
      const afterwards = await failureOf(list(running.services, tenantId))
      return { kind, service: failure?.service, code: failure?.code, sent, surface, afterwards }
    }),
  )

  expect(outcomes).toEqual(
    misbehaviours.map(({ kind, code, isSlow }) => ({
      kind,
      service: 'entra',
      // No token answer is large: somebody else answered.
      code: kind === 'huge-answer' ? 'bad_answer' : code,
      sent: isSlow ? 2 : 4,
      surface: 0,
      afterwards: null,
    })),
  )
})

test('a valid token is served on while a newer one cannot be had, whatever the endpoint does', async () => {
  running.simulator.control.setTokenOptions({ lifetimeSeconds: 3600, refreshInSeconds: 1 })
  const held = await Promise.all(
    misbehaviours.map(async ({ kind, isSlow }) => {
      const services = isSlow ? impatient : running.services
      const { tenantId } = customers.consented()
      const token = await services.tokens.acquire(tenantId, 'graph')
      misbehave(running.simulator, 'login', tenantId, kind)
      return { services, tenantId, token }
    }),
  )
  const asked = () => held.map(({ tenantId }) => requestsTo(running.simulator, 'login', tenantId, '/token'))

  await expect
    .poll(
      async () => {
        // Never refused, never another one, never kept waiting for the endpoint.
        const served = await Promise.all(
          held.map(({ services, tenantId }) => services.tokens.acquire(tenantId, 'graph')),
        )
        expect(served).toEqual(held.map(({ token }) => token))
        return Math.min(...asked())
      },
      { interval: 100 },
    )
    .toBeGreaterThan(1)

  const calls = await Promise.all(held.map(({ services, tenantId }) => failureOf(list(services, tenantId))))
  running.simulator.control.setTokenOptions({})
  expect(calls).toEqual(held.map(() => null))
})
