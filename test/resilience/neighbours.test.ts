import { afterAll, beforeAll, expect, test } from 'vitest'
import { createServices, type Services } from '../../src/services.ts'
import { apiOf } from '../helpers/api.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { type Customers, customersOf, roles } from '../helpers/customers.ts'
import { readIncidents } from '../helpers/incidents.ts'
import { failureOf, misbehave, requestsTo } from './misbehaviours.ts'

let running: RunningApp
let customers: Customers

beforeAll(async () => {
  running = await startApp({
    tenants: 60,
    work: false,
    remote: { random: () => 0, longest: { timeoutMs: 3000, deadlineMs: 3000 } },
  })
  customers = customersOf(running)
})

afterAll(async () => {
  running?.simulator.control.clearFaults()
  await running?.close()
})

const list = ({ defender }: Services, tenantId: string) =>
  failureOf(readIncidents(defender, tenantId, roles.graph))

test.each(['hang', 'slow-drip'] as const)('a tenant that meets %s delays nobody else', async kind => {
  const [broken, well] = [customers.consented(), customers.consented()]
  misbehave(running.simulator, 'graph', broken.tenantId, kind)
  misbehave(running.simulator, 'login', broken.tenantId, kind)
  const ended: string[] = []
  const note = (name: string) => () => ended.push(name)

  const stuck = Array.from({ length: 20 }, () => list(running.services, broken.tenantId).then(note('broken')))
  await Promise.all(
    Array.from({ length: 20 }, () => list(running.services, well.tenantId).then(note('well'))),
  )
  await Promise.all(stuck)

  expect(ended.slice(0, 20)).toEqual(Array(20).fill('well'))
})

test('a sweep of checks goes on while one tenant hangs, and says what became of each', async () => {
  const [broken, ...well] = await Promise.all(Array.from({ length: 4 }, () => customers.connected()))
  const brokenId = broken?.tenantId ?? ''
  const { db } = running.database
  const ids = [brokenId, ...well.map(({ tenantId }) => tenantId)]
  await db.tenant.updateMany({ data: { nextCheckAt: new Date(Date.now() + 3_600_000) } })
  const at = new Date(Date.now() - 60_000)
  await db.tenant.updateMany({ where: { id: { in: ids } }, data: { nextCheckAt: at, verifiedAt: at } })
  misbehave(running.simulator, 'login', brokenId, 'hang')
  const isChecked = async (id: string) =>
    ((await db.tenant.findUnique({ where: { id } }))?.verifiedAt?.getTime() ?? 0) > at.getTime()

  let isOver = false
  const sweep = running.services.verification.checkDue().then(count => {
    isOver = true
    return count
  })
  await expect
    .poll(() => Promise.all(well.map(({ tenantId }) => isChecked(tenantId))), {
      timeout: 120_000,
      interval: 20,
    })
    .toEqual([true, true, true])
  const wasOver = isOver
  const count = await sweep

  expect(wasOver).toBe(false)
  expect(count).toBe(4)
  const asAnalyst = await apiOf(running, 'analyst')
  expect((await asAnalyst('GET', `/tenants/${brokenId}`)).body).toMatchObject({
    status: 'connected',
    lastError: { code: 'timeout', permanent: false, remedy: expect.any(String) },
  })
})

test('a dead surface of one tenant is left alone and comes back by itself', async () => {
  const pauseMs = 500
  const services = await createServices(running.services.config, running.database.url, {
    remote: { random: () => 0, circuit: { threshold: 3, pauseMs, longestPauseMs: pauseMs } },
  })
  const [dead, neighbour] = [customers.consented(), customers.consented()]
  const end = misbehave(running.simulator, 'graph', dead.tenantId, 'unavailable-html')
  const asked = () => requestsTo(running.simulator, 'graph', dead.tenantId)

  const first = await list(services, dead.tenantId)
  const sentAtFirst = asked()
  const held = await Promise.all(Array.from({ length: 20 }, () => list(services, dead.tenantId)))
  const sentWhileOpen = asked()
  const [otherSurface, otherTenant] = await Promise.all([
    failureOf(services.defender.listDevices(dead.tenantId, roles.endpoint, { limit: 1 })),
    list(services, neighbour.tenantId),
  ])
  end()
  await expect.poll(() => list(services, dead.tenantId), { interval: 50 }).toBeNull()
  const afterwards = await Promise.all(Array.from({ length: 5 }, () => list(services, dead.tenantId)))
  await services.close(1000)

  expect(first?.code).toMatch(/^(unavailable|circuit_open)$/)
  expect(sentAtFirst).toBe(3)
  expect(new Set(held.map(failure => failure?.code))).toEqual(new Set(['circuit_open']))
  expect(held[0]?.retryAfterSeconds).toBe(1)
  expect(sentWhileOpen).toBe(3)
  expect([otherSurface, otherTenant]).toEqual([null, null])
  expect(afterwards).toEqual([null, null, null, null, null])
})

test('a probe that fails keeps the circuit open', async () => {
  const services = await createServices(running.services.config, running.database.url, {
    remote: { random: () => 0, circuit: { threshold: 2, pauseMs: 100, longestPauseMs: 600_000 } },
  })
  const { tenantId } = customers.consented()
  misbehave(running.simulator, 'graph', tenantId, 'reset')
  await list(services, tenantId)

  // Each failed probe doubles the pause, so that their number grows ever more slowly.
  await expect
    .poll(
      async () => {
        await list(services, tenantId)
        return requestsTo(running.simulator, 'graph', tenantId)
      },
      { interval: 20 },
    )
    .toBe(4)
  const last = await list(services, tenantId)
  await services.close(1000)

  expect(last?.code).toBe('circuit_open')
})

test('an outage of everything costs a few per cent more requests, not several times as many', async () => {
  const services = await createServices(running.services.config, running.database.url, {
    remote: { random: () => 0 },
  })
  const tenants = Array.from({ length: 10 }, () => customers.consented())
  await Promise.all(tenants.map(({ tenantId }) => services.tokens.acquire(tenantId, 'graph')))
  const fault = running.simulator.control.addFault({ service: 'graph', kind: 'unavailable-empty-json' })

  for (let round = 0; round < 20; round += 1)
    await Promise.all(tenants.map(({ tenantId }) => list(services, tenantId)))
  running.simulator.control.removeFault(fault.id)
  await services.close(1000)

  const sent = tenants.reduce(
    (sum, { tenantId }) => sum + requestsTo(running.simulator, 'graph', tenantId),
    0,
  )
  // 200 calls: six tries open each of the ten circuits.
  expect(sent).toBe(60)
})
