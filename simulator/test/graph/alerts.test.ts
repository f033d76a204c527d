import { expect, test } from 'vitest'
import { alertRoutes } from '../../src/graph/alert-routes.ts'
import { type Api, errorOf, makeWorld, startApi, valuesOf } from '../data/simulated-api.ts'

const path = '/v1.0/security/alerts_v2'
const newer = { prefer: 'respond-async, include-unknown-enum-members' }

function graph(index = 0): Api {
  const world = makeWorld()
  const roles = ['SecurityAlert.ReadWrite.All']
  return startApi(
    alertRoutes,
    { surface: 'graph', tenantId: world.profiles[index]?.tenantId ?? '', roles },
    world,
  )
}

test('paging covers every alert exactly once', async () => {
  const api = graph(2)
  const ids: unknown[] = []
  let link = `${path}?$count=true`
  let total = 0

  while (link !== '') {
    const answer = await api.get(link)
    ids.push(...valuesOf(answer).map(one => one.id))
    total = Number(answer.body['@odata.count'])
    link = String(answer.body['@odata.nextLink'] ?? '').replace('https://graph.microsoft.com', '')
  }

  expect(total).toBeGreaterThan(250)
  expect(new Set(ids).size).toBe(total)
  expect(ids).toHaveLength(total)
})

test('a top beyond 1,000 is lowered without a word, a skip beyond 500 is refused', async () => {
  const api = graph(2)

  const large = await api.get(`${path}?$top=5000`)
  const deep = await api.get(`${path}?$skip=501`)

  expect(large.status).toBe(200)
  expect(deep.status).toBe(400)
})

test('alerts carry evidence of many kinds, each with its type', async () => {
  const api = graph()

  const alerts = valuesOf(await api.get(`${path}?$top=1000`))

  const types = new Set(
    alerts
      .flatMap(alert => (Array.isArray(alert.evidence) ? alert.evidence : []))
      .map(one => one['@odata.type']),
  )
  for (const type of [
    'device',
    'user',
    'process',
    'file',
    'ip',
    'url',
    'mailbox',
    'analyzedMessage',
    'registryValue',
  ]) {
    expect(types).toContain(`#microsoft.graph.security.${type}Evidence`)
  }
  expect(alerts.every(alert => /^\d+$/.test(String(alert.incidentId)))).toBe(true)
})

test('newer sources are hidden unless they are asked for', async () => {
  const api = graph()
  const url = `${path}?$filter=serviceSource eq 'microsoftSentinel'`

  const plain = valuesOf(await api.get(url))
  const asked = valuesOf(await api.get(url, newer))

  expect(plain.length).toBeGreaterThan(0)
  expect(plain.every(one => one.serviceSource === 'unknownFutureValue')).toBe(true)
  expect(asked.every(one => one.serviceSource === 'microsoftSentinel')).toBe(true)
})

test('a filter on another property is refused', async () => {
  const other = await graph().get(`${path}?$filter=investigationState eq 'queued'`)
  const evidence = await graph().get(`${path}?$filter=evidence/any(e:e/verdict eq 'malicious')`)
  const known = await graph().get(`${path}?$filter=status eq 'unknown'`)

  expect([other.status, evidence.status, known.status]).toEqual([400, 400, 200])
})

test('an alert is read, changed and commented by its id', async () => {
  const api = graph()
  const [one] = valuesOf(await api.get(`${path}?$filter=status eq 'new'`))

  const changed = await api.send('PATCH', `${path}/${one?.id}`, {
    status: 'resolved',
    classification: 'falsePositive',
  })
  const commented = await api.send('POST', `${path}/${one?.id}/comments`, {
    '@odata.type': '#microsoft.graph.security.alertComment',
    comment: 'harmless',
  })

  expect(changed.body).toMatchObject({ id: one?.id, status: 'resolved', classification: 'falsePositive' })
  expect(changed.body.resolvedDateTime).toEqual(expect.any(String))
  expect(commented.body.value).toEqual([expect.objectContaining({ comment: 'harmless' })])
  const after = await api.get(`${path}/${one?.id}`)
  expect(String(after.body.lastUpdateDateTime) > String(one?.lastUpdateDateTime)).toBe(true)
})

test('an unknown alert is not found', async () => {
  const answer = await graph().get(`${path}/da0_0`)

  expect([answer.status, errorOf(answer).code]).toEqual([404, 'ResourceNotFound'])
})

test('the refusal names the incident roles as acceptable too', async () => {
  const answer = await graph().as({ roles: [] }).get(path)

  expect(errorOf(answer).message).toBe(
    'Missing application roles. API required roles: SecurityAlert.Read.All,SecurityAlert.ReadWrite.All,SecurityIncident.Read.All,SecurityIncident.ReadWrite.All, application roles: .',
  )
})
