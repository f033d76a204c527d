import type { FastifyInstance } from 'fastify'
import { expect, test } from 'vitest'
import { alertRoutes } from '../../src/endpoint/alert-routes.ts'
import type { ApiContext } from '../../src/world.ts'
import { type Api, errorOf, makeWorld, startApi, valuesOf } from '../data/simulated-api.ts'

const routes = async (app: FastifyInstance, { context }: { context: ApiContext }) => {
  app.register(alertRoutes, { context, base: '/api' })
}

function endpoint(): Api {
  const world = makeWorld()
  const roles = ['Alert.ReadWrite.All']
  return startApi(routes, { surface: 'endpoint', tenantId: world.profiles[0]?.tenantId ?? '', roles }, world)
}

test('evidence comes along when it is expanded or one alert is read', async () => {
  const api = endpoint()

  const plain = valuesOf(await api.get('/api/alerts'))
  const expanded = valuesOf(await api.get('/api/alerts?$expand=evidence&$top=10'))
  const one = await api.get(`/api/alerts/${plain[0]?.id}`)

  expect(plain.length).toBeGreaterThan(30)
  expect(plain.every(alert => Array.isArray(alert.evidence) && alert.evidence.length === 0)).toBe(true)
  expect(expanded.every(alert => Array.isArray(alert.evidence) && alert.evidence.length > 0)).toBe(true)
  expect(one.body.machineId).toMatch(/^[0-9a-f]{40}$/)
})

test('a change stays, with its comment', async () => {
  const api = endpoint()
  const [one] = valuesOf(await api.get("/api/alerts?$filter=status eq 'New'"))

  const answer = await api.send('PATCH', `/api/alerts/${one?.id}`, {
    status: 'Resolved',
    classification: 'TruePositive',
    determination: 'CompromisedUser',
    comment: 'password reset',
  })

  expect(answer.body).toMatchObject({
    status: 'Resolved',
    determination: 'CompromisedUser',
    comments: [expect.objectContaining({ comment: 'password reset' })],
  })
})

test('many alerts change at once, and the answer is empty', async () => {
  const api = endpoint()
  const ids = valuesOf(await api.get('/api/alerts?$top=3')).map(one => one.id)

  const answer = await api.send('POST', '/api/alerts/batchUpdate', { alertIds: ids, status: 'InProgress' })

  expect([answer.status, answer.text]).toEqual([200, ''])
  const after = valuesOf(await api.get('/api/alerts?$top=3'))
  expect(after.map(one => one.status)).toEqual(['InProgress', 'InProgress', 'InProgress'])
})

test('unknown alerts, wrong bodies and wrong filters are refused', async () => {
  const api = endpoint()
  const [one] = valuesOf(await api.get('/api/alerts?$top=1'))

  const answers = await Promise.all([
    api.get('/api/alerts/da0'),
    api.send('PATCH', `/api/alerts/${one?.id}`, { state: 'Resolved' }),
    api.send('PATCH', `/api/alerts/${one?.id}`, { determination: 'CompromisedAccount' }),
    api.send('PATCH', `/api/alerts/${one?.id}`, { determination: 'SecurityPersonnel' }),
    api.get("/api/alerts?$filter=title eq 'x'"),
    api.as({ roles: ['Alert.Read.All'] }).send('PATCH', `/api/alerts/${one?.id}`, { status: 'Resolved' }),
  ])

  expect(answers.map(answer => [answer.status, errorOf(answer).code])).toEqual([
    [404, 'ResourceNotFound'],
    [400, 'InvalidRequestBody'],
    [400, 'InvalidRequestBody'],
    [400, 'InvalidRequestBody'],
    [400, 'ODataError'],
    [403, 'Forbidden'],
  ])
})
