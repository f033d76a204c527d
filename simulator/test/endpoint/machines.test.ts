import type { FastifyInstance } from 'fastify'
import { expect, test } from 'vitest'
import { machineRoutes } from '../../src/endpoint/machine-routes.ts'
import type { ApiContext } from '../../src/world.ts'
import { type Api, errorOf, makeWorld, startApi, valuesOf } from '../data/simulated-api.ts'

const routes = async (app: FastifyInstance, { context }: { context: ApiContext }) => {
  app.register(machineRoutes, { context, base: '/api' })
}

const roles = ['Machine.Read.All', 'Machine.ReadWrite.All', 'User.Read.All', 'Alert.Read.All']

function endpoint(index = 0): Api {
  const world = makeWorld()
  return startApi(
    routes,
    { surface: 'endpoint', tenantId: world.profiles[index]?.tenantId ?? '', roles },
    world,
  )
}

test('machines are listed, filtered and paged', async () => {
  const api = endpoint(2)

  const all = valuesOf(await api.get('/api/machines'))
  const first = await api.get('/api/machines?$top=100')
  const rest = await api.get(
    String(first.body['@odata.nextLink']).replace('https://api.securitycenter.microsoft.com', ''),
  )
  const high = valuesOf(await api.get("/api/machines?$filter=riskScore eq 'High'"))
  const named = valuesOf(await api.get("/api/machines?$filter=startswith(computerDnsName,'srv-')"))

  expect(all.length).toBeGreaterThanOrEqual(140)
  expect([...valuesOf(first), ...valuesOf(rest)].map(one => one.id)).toEqual(all.map(one => one.id))
  expect(all.every(one => /^[0-9a-f]{40}$/.test(String(one.id)))).toBe(true)
  expect(high.length).toBeGreaterThan(0)
  expect(high.every(one => one.riskScore === 'High')).toBe(true)
  expect(named.every(one => String(one.computerDnsName).startsWith('srv-'))).toBe(true)
})

test('a list without any machine is not found', async () => {
  const answer = await endpoint().get("/api/machines?$filter=startswith(computerDnsName,'nobody-')")

  expect([answer.status, errorOf(answer).code]).toEqual([404, 'ResourceNotFound'])
})

test('a machine is found by its id and by its name', async () => {
  const api = endpoint()
  const [one] = valuesOf(await api.get('/api/machines?$top=1'))

  const byId = await api.get(`/api/machines/${one?.id}`)
  const byName = await api.get(`/api/machines/${String(one?.computerDnsName).toUpperCase()}`)

  expect(byId.body).toMatchObject({ id: one?.id, computerDnsName: one?.computerDnsName })
  expect(byName.body).toEqual(byId.body)
})

test('an unknown machine is not found, in the words of the service', async () => {
  const answer = await endpoint().get('/api/machines/123')

  expect(answer.status).toBe(404)
  expect(errorOf(answer)).toMatchObject({ code: 'ResourceNotFound', message: 'Machine 123 was not found' })
})

test('users and alerts of a machine are answered', async () => {
  const api = endpoint()
  const machines = valuesOf(await api.get('/api/machines'))
  const counts = await Promise.all(machines.map(one => api.get(`/api/machines/${one.id}/alerts/$count`)))
  const busiest = machines[counts.findIndex(count => Number(count.text) > 0)]

  const users = valuesOf(await api.get(`/api/machines/${busiest?.id}/logonusers`))
  const alerts = valuesOf(await api.get(`/api/machines/${busiest?.id}/alerts`))

  expect(users[0]).toMatchObject({ accountName: expect.any(String), isDomainAdmin: expect.any(Boolean) })
  expect(alerts.length).toBeGreaterThan(0)
})

test('a machine is found by an address of the last 30 days', async () => {
  const api = endpoint()
  const [one] = valuesOf(await api.get("/api/machines?$filter=healthStatus eq 'Active'"))
  const ask = (ip: unknown, time: string) => api.get(`/api/machines/findbyip(ip='${ip}',timestamp=${time})`)

  const found = await ask(one?.lastIpAddress, '2026-11-20T09:00:00Z')
  const old = await ask(one?.lastIpAddress, '2026-10-01T00:00:00Z')
  const wrong = await ask('10.0.0.999', '2026-11-20T09:00:00Z')

  expect(valuesOf(found).map(machine => machine.id)).toContain(one?.id)
  expect([old.status, wrong.status]).toEqual([400, 400])
})

test('tags are added and removed and stay', async () => {
  const api = endpoint()
  const [one] = valuesOf(await api.get('/api/machines'))
  const url = `/api/machines/${one?.id}`

  const added = await api.send('POST', `${url}/tags`, { Value: 'bakery', Action: 'Add' })
  const found = valuesOf(await api.get("/api/machines?$filter=machineTags/any(tag: tag eq 'bakery')"))
  const removed = await api.send('POST', `${url}/tags`, { Value: 'bakery', Action: 'Remove' })
  const misspelled = await api.send('POST', `${url}/tags`, { value: 'bakery', action: 'Add' })

  expect(added.body.machineTags).toContain('bakery')
  expect(found.map(machine => machine.id)).toEqual([one?.id])
  expect(removed.body.machineTags).not.toContain('bakery')
  expect(misspelled.status).toBe(400)
})

test('each call asks for its own role', async () => {
  const api = endpoint()
  const [one] = valuesOf(await api.get('/api/machines'))
  const reader = api.as({ roles: ['Machine.Read.All'] })

  const answers = await Promise.all([
    reader.get('/api/machines'),
    reader.get(`/api/machines/${one?.id}/logonusers`),
    reader.get(`/api/machines/${one?.id}/alerts`),
    reader.send('POST', `/api/machines/${one?.id}/tags`, { Value: 'x', Action: 'Add' }),
  ])

  expect(answers.map(answer => answer.status)).toEqual([200, 403, 403, 403])
})

test('a tenant without Defender for Endpoint is refused as unlicensed', async () => {
  const answer = await endpoint(6).get('/api/machines')

  expect([answer.status, errorOf(answer).message]).toEqual([
    401,
    'Unauthorized request - reason of failure: Account mode is inactive',
  ])
})
