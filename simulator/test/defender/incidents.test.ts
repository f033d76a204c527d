import { expect, test } from 'vitest'
import { incidentRoutes } from '../../src/defender/incident-routes.ts'
import { incidentRoutes as graphIncidentRoutes } from '../../src/graph/incident-routes.ts'
import { type Api, errorOf, makeWorld, startApi, valuesOf } from '../data/simulated-api.ts'

const path = '/api/incidents'

function defender(index = 0): Api {
  const world = makeWorld()
  const roles = ['Incident.Read.All', 'Incident.ReadWrite.All']
  return startApi(
    incidentRoutes,
    { surface: 'defender', tenantId: world.profiles[index]?.tenantId ?? '', roles },
    world,
  )
}

test('incidents come with numbers for ids, words in PascalCase and their alerts embedded', async () => {
  const answer = await defender().get(path)

  const incidents = valuesOf(answer)
  expect(answer.body['@odata.context']).toBe('https://api.security.microsoft.com/api/$metadata#Incidents')
  expect(incidents.every(one => typeof one.incidentId === 'number')).toBe(true)
  expect(incidents.every(one => /^[A-Z][A-Za-z]+$/.test(String(one.status)))).toBe(true)
  const alerts = incidents.flatMap(one => (Array.isArray(one.alerts) ? one.alerts : []))
  expect(alerts.some(one => one.devices.length > 0 && one.entities.length > 0)).toBe(true)
})

test('paging covers every incident exactly once', async () => {
  const api = defender(2)
  const ids: unknown[] = []
  let link = `${path}?$top=100`

  while (link !== '') {
    const answer = await api.get(link)
    ids.push(...valuesOf(answer).map(one => one.incidentId))
    link = String(answer.body['@odata.nextLink'] ?? '').replace('https://api.security.microsoft.com', '')
  }

  expect(ids.length).toBeGreaterThan(200)
  expect(new Set(ids).size).toBe(ids.length)
})

test('the same incident has the same number on Graph', async () => {
  const api = defender()
  const tenantId = api.world.profiles[0]?.tenantId ?? ''
  const graph = startApi(
    graphIncidentRoutes,
    { surface: 'graph', tenantId, roles: ['SecurityIncident.Read.All'] },
    api.world,
  )

  const [here] = valuesOf(await api.get(`${path}?$top=1`))
  const there = await graph.get(`/v1.0/security/incidents/${here?.incidentId}`)

  expect(there.body.displayName).toBe(here?.incidentName)
  expect(there.body.lastUpdateDateTime).toBe(here?.lastUpdateTime)
})

test('a top beyond 100, an option and a property that are not known are refused', async () => {
  const api = defender()

  const answers = await Promise.all([
    api.get(`${path}?$top=101`),
    api.get(`${path}?$expand=alerts`),
    api.get(`${path}?$filter=severity eq 'High'`),
  ])

  expect(answers.map(one => one.status)).toEqual([400, 400, 400])
})

test('filters work on status, person and times', async () => {
  const api = defender()

  const active = valuesOf(
    await api.get(`${path}?$filter=status eq 'Active' and createdTime gt 2026-11-01T00:00:00Z`),
  )

  expect(active.length).toBeGreaterThan(0)
  expect(active.every(one => one.status === 'Active')).toBe(true)
})

test('a patch may carry a comment, and the answer shows it', async () => {
  const api = defender()
  const [one] = valuesOf(await api.get(`${path}?$filter=status eq 'Active'`))

  const answer = await api.send('PATCH', `${path}/${one?.incidentId}`, {
    status: 'Resolved',
    assignedTo: 'analyst@partner.example',
    classification: 'TruePositive',
    determination: 'Malware',
    tags: ['partner'],
    comment: 'device reinstalled',
  })

  expect(answer.status).toBe(200)
  expect(answer.body).toMatchObject({
    status: 'Resolved',
    determination: 'Malware',
    tags: ['partner'],
    comments: expect.arrayContaining([
      expect.objectContaining({ comment: 'device reinstalled', createdBy: 'Tenantry' }),
    ]),
  })
  expect(String(answer.body.lastUpdateTime) > String(one?.lastUpdateTime)).toBe(true)
})

test('a determination must fit the classification, and names must be spelled as they are', async () => {
  const api = defender()
  const [one] = valuesOf(await api.get(`${path}?$filter=status eq 'Active'`))
  const patch = (body: unknown) => api.send('PATCH', `${path}/${one?.incidentId}`, body)

  const unfit = await patch({ classification: 'FalsePositive', determination: 'Malware' })
  const alone = await patch({ determination: 'Malware' })
  const old = await patch({ classification: 'TruePositive', determination: 'Apt' })
  const ofAlerts = await patch({ classification: 'TruePositive', determination: 'CompromisedUser' })
  const ofIncidents = await patch({ classification: 'TruePositive', determination: 'CompromisedAccount' })
  const misspelled = await patch({ Status: 'Resolved' })

  expect([unfit, alone, old, ofAlerts, ofIncidents].map(({ status }) => status)).toEqual([
    400, 400, 400, 400, 200,
  ])
  expect([misspelled.status, errorOf(misspelled).code, errorOf(misspelled).message]).toEqual([
    400,
    'InvalidRequestBody',
    'Request body is incorrect',
  ])
})

test('refusals have the Defender shape', async () => {
  const api = defender()

  const unknown = await api.get(`${path}/424242424`)
  const forbidden = await api.as({ roles: [] }).get(path)
  const otherAudience = await api.as({ surface: 'endpoint' }).get(path)
  const unlicensed = await api.as({ tenantId: api.world.profiles[14]?.tenantId ?? '' }).get(path)

  expect(unknown.body).toEqual({
    error: { code: 'ResourceNotFound', message: 'Incident 424242424 was not found', target: 'request-1' },
  })
  expect(errorOf(forbidden).message).toContain('API required roles: Incident.Read.All,Incident.ReadWrite.All')
  expect(otherAudience.status).toBe(401)
  expect([unlicensed.status, errorOf(unlicensed).message]).toEqual([
    401,
    'Unauthorized request - reason of failure: Account mode is inactive',
  ])
})
