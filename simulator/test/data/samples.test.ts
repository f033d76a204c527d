import { existsSync, readFileSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import { expect, test } from 'vitest'
import { incidentRoutes as defenderIncidents } from '../../src/defender/incident-routes.ts'
import { actionRoutes } from '../../src/endpoint/action-routes.ts'
import { alertRoutes as endpointAlerts } from '../../src/endpoint/alert-routes.ts'
import { machineRoutes } from '../../src/endpoint/machine-routes.ts'
import { alertRoutes } from '../../src/graph/alert-routes.ts'
import { incidentRoutes } from '../../src/graph/incident-routes.ts'
import type { ApiContext, Surface } from '../../src/world.ts'
import { makeWorld, startApi } from './simulated-api.ts'

const samples = new URL('../../../../shared/samples/', import.meta.url)

const routes = async (app: FastifyInstance, { context }: { context: ApiContext }) => {
  app.register(incidentRoutes, { context })
  app.register(alertRoutes, { context })
  app.register(defenderIncidents, { context })
  app.register(machineRoutes, { context, base: '/api' })
  app.register(actionRoutes, { context, base: '/api' })
  app.register(endpointAlerts, { context, base: '/api' })
}

const roles = [
  'SecurityIncident.ReadWrite.All',
  'SecurityAlert.Read.All',
  'Incident.Read.All',
  'Machine.Read.All',
  'Machine.Isolate',
  'User.Read.All',
  'Alert.Read.All',
]

/** Members that the documentation's examples spell otherwise than its metadata and live answers do. */
const respelled = new Set(['@odata.type', 'comments'])

/** Names of members that the sample has and the answer lacks, down to the first element of every list. */
function missing(sample: unknown, answer: unknown, path = ''): string[] {
  if (Array.isArray(sample)) {
    const [first] = sample
    if (first === undefined || !Array.isArray(answer)) return Array.isArray(answer) ? [] : [path]
    return answer.length === 0 ? [] : missing(first, answer[0], `${path}[]`)
  }
  if (typeof sample !== 'object' || sample === null) return []
  if (typeof answer !== 'object' || answer === null) return answer === null ? [] : [path]
  return Object.entries(sample).flatMap(([name, value]) => {
    if (respelled.has(name)) return []
    if (!(name in answer)) return [`${path}.${name}`]
    return missing(value, (answer as Record<string, unknown>)[name], `${path}.${name}`)
  })
}

const cases: [file: string, surface: Surface, url: string][] = [
  ['graph-incidents-list.json', 'graph', '/v1.0/security/incidents'],
  [
    'graph-alerts_v2-list.json',
    'graph',
    "/v1.0/security/alerts_v2?$filter=serviceSource eq 'microsoftDefenderForEndpoint'",
  ],
  ['xdr-incidents-list.json', 'defender', '/api/incidents'],
  ['mde-machines-list.json', 'endpoint', '/api/machines'],
  ['mde-machines-filter-riskScore.json', 'endpoint', "/api/machines?$filter=riskScore eq 'High'"],
  ['mde-alerts-list.json', 'endpoint', '/api/alerts'],
  ['mde-alerts-list-expand-evidence.json', 'endpoint', '/api/alerts?$top=10&$expand=evidence'],
]

test.skipIf(!existsSync(samples)).each(cases)(
  'an answer has the members of %s',
  async (file, surface, url) => {
    const world = makeWorld()
    const api = startApi(routes, { surface, tenantId: world.profiles[0]?.tenantId ?? '', roles }, world)
    const sample: unknown = JSON.parse(readFileSync(new URL(file, samples), 'utf8'))

    const answer = await api.get(url)

    expect(answer.status).toBe(200)
    expect(missing(sample, answer.body)).toEqual([])
  },
)

test.skipIf(!existsSync(samples))(
  'a machine, its users and its actions have the members of the samples',
  async () => {
    const world = makeWorld()
    const api = startApi(
      routes,
      { surface: 'endpoint', tenantId: world.profiles[0]?.tenantId ?? '', roles },
      world,
    )
    const sample = (file: string): unknown => JSON.parse(readFileSync(new URL(file, samples), 'utf8'))
    const { body } = await api.get(
      "/api/machines?$filter=osPlatform eq 'Windows11' and healthStatus eq 'Active'",
    )
    const [machine] = Array.isArray(body.value) ? body.value : []

    const one = await api.get(`/api/machines/${machine.id}`)
    const users = await api.get(`/api/machines/${machine.id}/logonusers`)
    const action = await api.send('POST', `/api/machines/${machine.id}/isolate`, {
      Comment: 'c',
      IsolationType: 'Full',
    })
    const actions = await api.get('/api/machineactions')

    expect(missing(sample('mde-machine.json'), one.body)).toEqual([])
    expect(missing(sample('mde-machine-logonusers.json'), users.body)).toEqual([])
    expect(missing(sample('mde-machineaction-get.json'), action.body)).toEqual([])
    expect(missing(sample('mde-machineactions-list.json'), actions.body)).toEqual(
      // The list page prints a name that live answers do not use.
      missing(sample('mde-machineactions-list.json'), actions.body).filter(name =>
        name.endsWith('lastUpdateTimeUtc'),
      ),
    )
  },
)
