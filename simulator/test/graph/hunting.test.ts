import { expect, test, vi } from 'vitest'
import { graphRoutes } from '../../src/graph/index.ts'
import { type Api, errorOf, makeWorld, startApi } from '../data/simulated-api.ts'

// The first query loads the language: seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

function graph(index = 0): Api {
  const world = makeWorld()
  const roles = ['ThreatHunting.Read.All']
  return startApi(
    graphRoutes,
    { surface: 'graph', tenantId: world.profiles[index]?.tenantId ?? '', roles },
    world,
  )
}

function hunt(api: Api, query: string, more: object = {}) {
  return api.send('POST', '/v1.0/security/runHuntingQuery', { Query: query, ...more })
}

test('a query answers with its schema and its rows', async () => {
  const answer = await hunt(
    graph(),
    'DeviceProcessEvents | where ProcessCommandLine has "-enc" | project Timestamp, DeviceName, FileName, ReportId | take 2',
  )

  expect(answer.status).toBe(200)
  expect(answer.body).toMatchObject({
    '@odata.context':
      'https://graph.microsoft.com/v1.0/$metadata#microsoft.graph.security.huntingQueryResults',
    schema: [
      { name: 'Timestamp', type: 'DateTime' },
      { name: 'DeviceName', type: 'String' },
      { name: 'FileName', type: 'String' },
      { name: 'ReportId', type: 'Int64' },
    ],
    results: expect.arrayContaining([
      expect.objectContaining({
        FileName: 'powershell.exe',
        'ReportId@odata.type': '#Int64',
        Timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z$/),
      }),
    ]),
  })
})

test('an empty answer still has its schema', async () => {
  const answer = await hunt(graph(), 'AlertInfo | where Title == "no such title"')

  expect(answer.body.results).toEqual([])
  expect(answer.body.schema).toHaveLength(8)
})

test('the timespan cuts the rows, in every form', async () => {
  const api = graph()
  const count = async (more: object) => {
    const { body } = await hunt(api, 'DeviceNetworkEvents | count', more)
    const [row] = Array.isArray(body.results) ? body.results : []
    return Number(row?.Count)
  }

  const all = await count({})
  const week = await count({ Timespan: 'P7D' })
  const day = await count({ timespan: '2026-11-18T00:00:00Z/2026-11-19T00:00:00Z' })
  const refused = await hunt(api, 'DeviceNetworkEvents | count', { Timespan: 'last week' })

  expect(all).toBeGreaterThan(1_000)
  expect(week).toBeGreaterThan(day)
  expect(all).toBeGreaterThan(week)
  expect(day).toBeGreaterThan(0)
  expect(refused.status).toBe(400)
})

test('a table that the licenses lack does not resolve', async () => {
  const answer = await hunt(graph(6), 'DeviceProcessEvents | take 1')

  expect([answer.status, errorOf(answer).code]).toEqual([400, 'BadRequest'])
  expect(errorOf(answer).message).toContain(
    "Failed to resolve table or column expression named 'DeviceProcessEvents'",
  )
})

test('Defender for Business has its device tables, empty', async () => {
  const answer = await hunt(graph(11), 'DeviceProcessEvents | take 1')

  expect([answer.status, answer.body.results]).toEqual([200, []])
})

test.each(['DeviceInfo | where', '.show tables', 'DeviceInfo | where NoSuchColumn == 1'])(
  'the query "%s" is refused in the engine’s words',
  async query => {
    const answer = await hunt(graph(), query)

    expect([answer.status, errorOf(answer).code]).toEqual([400, 'BadRequest'])
    expect(errorOf(answer).message).toMatch(/Fix (syntax|semantic) errors in your query/)
  },
)

test('more than 100,000 rows are cut there', async () => {
  const answer = await hunt(graph(), 'range x from 1 to 100005 step 1')

  expect(answer.body.results).toHaveLength(100_000)
})

test('an answer beyond 50 MB is refused', async () => {
  const answer = await hunt(
    graph(),
    'let wide = strcat("0123456789012345678901234567890123456789012345678901234567890123456789", "0123456789");' +
      ' range x from 1 to 100000 step 1 | extend a=wide, b=wide, c=wide, d=wide, e=wide, f=wide, g=wide',
  )

  expect(answer.status).toBe(400)
  expect(errorOf(answer).message).toContain('exceeded the allowed result size')
})

test('the role is needed, and a query', async () => {
  const api = graph()

  const forbidden = await hunt(api.as({ roles: ['SecurityIncident.Read.All'] }), 'AlertInfo')
  const empty = await api.send('POST', '/v1.0/security/runHuntingQuery', {})

  expect(errorOf(forbidden).message).toBe(
    'Missing application roles. API required roles: ThreatHunting.Read.All, application roles: SecurityIncident.Read.All.',
  )
  expect(empty.status).toBe(400)
})

test('alerts, devices and their events can be joined', async () => {
  const answer = await hunt(
    graph(),
    `AlertInfo | where AttackTechniques has "T1003.001"
     | join kind=inner (AlertEvidence | where isnotempty(DeviceId)) on AlertId
     | join kind=inner (DeviceInfo | summarize arg_max(Timestamp, *) by DeviceId) on DeviceId
     | summarize Alerts = dcount(AlertId) by DeviceId`,
  )

  expect(answer.status).toBe(200)
  expect(Array.isArray(answer.body.results) && answer.body.results.length).toBeGreaterThan(0)
})
