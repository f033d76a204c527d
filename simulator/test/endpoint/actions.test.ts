import type { FastifyInstance } from 'fastify'
import { expect, test } from 'vitest'
import { HuntingDatabases } from '../../src/data/hunting-database.ts'
import { TenantDataSource } from '../../src/data/tenant-data.ts'
import { actionRoutes } from '../../src/endpoint/action-routes.ts'
import { machineRoutes } from '../../src/endpoint/machine-routes.ts'
import type { ApiContext } from '../../src/world.ts'
import { type Api, errorOf, makeWorld, startApi, valuesOf } from '../data/simulated-api.ts'

const routes = async (app: FastifyInstance, { context }: { context: ApiContext }) => {
  app.register(machineRoutes, { context, base: '/api' })
  app.register(actionRoutes, { context, base: '/api' })
}

const roles = [
  'Machine.Read.All',
  'Machine.Isolate',
  'Machine.Scan',
  'Machine.CollectForensics',
  'Machine.RestrictExecution',
]

async function endpoint(filter: string): Promise<{ api: Api; machine: Record<string, unknown> }> {
  const world = makeWorld()
  const api = startApi(
    routes,
    { surface: 'endpoint', tenantId: world.profiles[0]?.tenantId ?? '', roles },
    world,
  )
  const [machine] = valuesOf(await api.get(`/api/machines?$filter=${filter}`))
  return { api, machine: machine ?? {} }
}

const online = "healthStatus eq 'Active' and osPlatform eq 'Windows11' and onboardingStatus eq 'Onboarded'"
const longEnough = 60_000

test('an isolation is pending, then in progress, then done', async () => {
  const { api, machine } = await endpoint(online)
  const body = { Comment: 'incident 4711, case 17', IsolationType: 'Full' }

  const ordered = await api.send('POST', `/api/machines/${machine.id}/isolate`, body)
  const url = `/api/machineactions/${ordered.body.id}`
  api.world.advance(3_000)
  const started = await api.get(url)
  api.world.advance(longEnough)
  const ended = await api.get(url)

  expect(ordered.status).toBe(201)
  expect(ordered.body).toMatchObject({
    type: 'Isolate',
    status: 'Pending',
    scope: 'Full',
    machineId: machine.id,
    computerDnsName: machine.computerDnsName,
    requestor: 'Tenantry (partner.example)',
    requestorComment: body.Comment,
    requestSource: 'PublicApi',
  })
  expect([started.body.status, ended.body.status]).toEqual(['InProgress', 'Succeeded'])
  expect(String(ended.body.lastUpdateDateTimeUtc) > String(started.body.lastUpdateDateTimeUtc)).toBe(true)
})

test('a second action of the kind waits for the first', async () => {
  const { api, machine } = await endpoint(online)
  const isolate = () =>
    api.send('POST', `/api/machines/${machine.id}/isolate`, { Comment: 'case', IsolationType: 'Full' })
  const release = () => api.send('POST', `/api/machines/${machine.id}/unisolate`, { Comment: 'case' })
  await isolate()

  const again = await isolate()
  const opposite = await release()
  const scan = await api.send('POST', `/api/machines/${machine.id}/runAntiVirusScan`, {
    Comment: 'c',
    ScanType: 'Quick',
  })
  api.world.advance(longEnough)
  const later = await release()

  expect([again.status, errorOf(again).message]).toEqual([400, 'Action is already in progress'])
  expect(opposite.status).toBe(400)
  expect([scan.status, later.status]).toEqual([201, 201])
})

test.each([
  ['isolate', { IsolationType: 'Full' }],
  ['isolate', { comment: 'wrong case', IsolationType: 'Full' }],
  ['isolate', { Comment: 'no type' }],
  ['isolate', { Comment: 'case', IsolationType: 'Partly' }],
  ['unisolate', {}],
  ['runAntiVirusScan', { Comment: 'case' }],
  ['collectInvestigationPackage', { Comment: '' }],
])('%s with %j is refused', async (action, body) => {
  const { api, machine } = await endpoint(online)

  const answer = await api.send('POST', `/api/machines/${machine.id}/${action}`, body)

  expect(answer.status).toBe(400)
})

test('a device that does not report keeps its action pending', async () => {
  const { api, machine } = await endpoint("healthStatus eq 'Inactive' and onboardingStatus eq 'Onboarded'")
  const ordered = await api.send('POST', `/api/machines/${machine.id}/isolate`, {
    Comment: 'c',
    IsolationType: 'Full',
  })

  api.world.advance(86_400_000)

  expect((await api.get(`/api/machineactions/${ordered.body.id}`)).body.status).toBe('Pending')
})

test('a pending action is cancelled, a finished one is not', async () => {
  const { api, machine } = await endpoint(online)
  const first = await api.send('POST', `/api/machines/${machine.id}/isolate`, {
    Comment: 'c',
    IsolationType: 'Full',
  })
  const cancel = (id: unknown) =>
    api.send('POST', `/api/machineactions/${id}/cancel`, { Comment: 'not needed' })

  const cancelled = await cancel(first.body.id)
  const second = await api.send('POST', `/api/machines/${machine.id}/isolate`, {
    Comment: 'c',
    IsolationType: 'Full',
  })
  api.world.advance(longEnough)
  const tooLate = await cancel(second.body.id)

  expect(cancelled.body).toMatchObject({
    status: 'Cancelled',
    cancellationComment: 'not needed',
    cancellationRequestor: 'Tenantry (partner.example)',
  })
  expect(second.status).toBe(201)
  expect(tooLate.status).toBe(400)
})

test('the package has no address until it is collected', async () => {
  const { api, machine } = await endpoint(online)
  const ordered = await api.send('POST', `/api/machines/${machine.id}/collectInvestigationPackage`, {
    Comment: 'c',
  })
  const url = `/api/machineactions/${ordered.body.id}/getPackageUri`

  const early = await api.get(url)
  api.world.advance(longEnough)
  const late = await api.get(url)

  expect(early.status).toBe(404)
  expect(late.body.value).toMatch(/^"https:\/\/.+"$/)
})

test('actions are listed newest first and filtered', async () => {
  const { api, machine } = await endpoint(online)
  await api.send('POST', `/api/machines/${machine.id}/isolate`, { Comment: 'c', IsolationType: 'Full' })
  api.world.advance(1_000)
  await api.send('POST', `/api/machines/${machine.id}/runAntiVirusScan`, { Comment: 'c', ScanType: 'Full' })

  const all = valuesOf(await api.get('/api/machineactions'))
  const isolations = valuesOf(
    await api.get(`/api/machineactions?$filter=machineId eq '${machine.id}' and type eq 'Isolate'`),
  )

  expect(all.map(one => one.type)).toEqual(['RunAntiVirusScan', 'Isolate'])
  expect(isolations.map(one => one.type)).toEqual(['Isolate'])
})

test('an action needs its own role and a device that can', async () => {
  const { api, machine } = await endpoint(online)
  const mac = await endpoint("osPlatform eq 'macOS' and onboardingStatus eq 'Onboarded'")
  const reader = api.as({ roles: ['Machine.Read.All'] })

  const forbidden = await reader.send('POST', `/api/machines/${machine.id}/isolate`, {
    Comment: 'c',
    IsolationType: 'Full',
  })
  const restricted = await mac.api.send('POST', `/api/machines/${mac.machine.id}/restrictCodeExecution`, {
    Comment: 'c',
  })

  expect([forbidden.status, errorOf(forbidden).message]).toEqual([
    403,
    'Missing application roles. API required roles: Machine.Isolate, application roles: Machine.Read.All.',
  ])
  expect([restricted.status, errorOf(restricted).code]).toEqual([400, 'OsPlatformNotSupported'])
})

test('an isolated device says so in DeviceInfo, at once and in its newest report', async () => {
  const { api, machine } = await endpoint(online)
  const { world } = api
  await api.send('POST', `/api/machines/${machine.id}/isolate`, { Comment: 'c', IsolationType: 'Full' })
  world.advance(longEnough)

  const reports = () => {
    const data = new TenantDataSource(world).of(world.profiles[0]?.tenantId ?? '')
    const rows = data && new HuntingDatabases().open(data, 'graph', 0n).table('DeviceInfo')?.rows
    return [...(typeof rows === 'function' ? rows() : [])].filter(row => row.includes(String(machine.id)))
  }
  const newest = () => reports().reduce((last, row) => (Number(row[0]) > Number(last[0]) ? row : last))
  const isolated = '{"Isolated":"true"}'
  const atOnce = reports().filter(row => row.includes(isolated))
  world.advance(26 * 3600_000)

  expect(atOnce).toHaveLength(1)
  expect(newest()).toContain(isolated)
})
