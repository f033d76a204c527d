import { expect, test } from 'vitest'
import type { NewFault } from '../../src/control/fault.ts'
import type { Simulator } from '../../src/index.ts'
import { askToken, get, givenCustomer, givenSimulator } from '../world.ts'
import { surfacePaths } from './surface-paths.ts'

async function givenFault(fault: NewFault): Promise<Simulator> {
  const simulator = await givenSimulator()
  simulator.control.addFault(fault)
  return simulator
}

const api = ({ origin }: Simulator, surface: keyof typeof surfacePaths) =>
  get(`${origin}${surfacePaths[surface]}`)

const codeOf = (body: Record<string, unknown>) => (body.error as { code?: string }).code

test('throttling as plain text comes with Retry-After: 60', async () => {
  const simulator = await givenFault({ service: 'login', kind: 'throttle-text' })

  const answer = await askToken(simulator, givenCustomer(simulator).tenantId)

  expect(answer.status).toBe(429)
  expect(answer.text).toBe('Too Many Requests')
  expect(answer.headers.get('content-type')).toContain('text/plain')
  expect(answer.headers.get('retry-after')).toBe('60')
})

test('throttling as JSON has the shape of each service', async () => {
  const simulator = await givenSimulator()
  for (const service of ['login', 'graph', 'defender', 'endpoint'] as const) {
    simulator.control.addFault({ service, kind: 'throttle-json', retryAfterSeconds: 8 })
  }

  const login = await askToken(simulator, givenCustomer(simulator).tenantId)
  const graph = await api(simulator, 'graph')
  const defender = await api(simulator, 'defender')
  const endpoint = await api(simulator, 'endpoint')

  expect([login, graph, defender, endpoint].map(({ status }) => status)).toEqual([429, 429, 429, 429])
  expect(login.body).toMatchObject({ error: 'temporarily_unavailable', error_codes: [90055] })
  expect(graph.body).toMatchObject({ error: { code: 'TooManyRequests', innerError: { status: '429' } } })
  expect(graph.headers.get('retry-after')).toBe('8')
  expect(codeOf(defender.body)).toBe('429')
  expect(defender.text).toContain('You can send requests again in 8 seconds.')
  expect(endpoint.text).toContain('for the key Destination+TenantID+AppID')
})

test('Retry-After can be a date, or be missing', async () => {
  const simulator = await givenSimulator()
  const date = '2027-01-01T00:00:00Z'
  simulator.control.addFault({
    service: 'graph',
    kind: 'throttle-json',
    retryAfterDate: new Date(date),
    times: 1,
  })
  simulator.control.addFault({ service: 'graph', kind: 'throttle-json', retryAfterSeconds: null, times: 1 })

  const dated = await api(simulator, 'graph')
  const silent = await api(simulator, 'graph')

  expect(dated.headers.get('retry-after')).toBe('Fri, 01 Jan 2027 00:00:00 GMT')
  expect(silent.headers.has('retry-after')).toBe(false)
})

test.each<[NewFault, number, string | RegExp]>([
  [{ service: 'graph', kind: 'unavailable-html' }, 503, /^<!DOCTYPE html>/],
  [{ service: 'graph', kind: 'unavailable-empty-json' }, 503, '{}'],
  [{ service: 'graph', kind: 'internal-error' }, 500, /"code":"UnknownError","message":""/],
  [{ service: 'graph', kind: 'ok-with-error-body' }, 200, /"error":\{"code"/],
  [{ service: 'graph', kind: 'forbidden' }, 403, /Missing application roles/],
  [{ service: 'graph', kind: 'unauthorized' }, 401, /InvalidAuthenticationToken/],
  [{ service: 'graph', kind: 'quota' }, 429, /You can run queries again in 10 minutes/],
  [{ service: 'graph', kind: 'status', status: 418, body: 'teapot' }, 418, 'teapot'],
  [{ service: 'graph', kind: 'status', status: 200, body: { value: 'x' } }, 200, '{"value":"x"}'],
])('%o answers %i', async (fault, status, body) => {
  const simulator = await givenFault(fault)

  const answer = await api(simulator, 'graph')

  expect(answer.status).toBe(status)
  if (typeof body === 'string') expect(answer.text).toBe(body)
  else expect(answer.text).toMatch(body)
})

test.each([
  [53003, 400, 'invalid_grant'],
  [90033, 500, 'temporarily_unavailable'],
  [7000222, 401, 'invalid_client'],
])('Entra can refuse with AADSTS%i', async (aadsts, status, error) => {
  const simulator = await givenFault({ service: 'login', kind: 'aadsts', aadsts, path: '/token' })

  const answer = await askToken(simulator, givenCustomer(simulator).tenantId)

  expect(answer.status).toBe(status)
  expect(answer.body).toMatchObject({ error, error_codes: [aadsts] })
})

test('a reset breaks the connection', async () => {
  const simulator = await givenFault({ service: 'graph', kind: 'reset' })

  await expect(api(simulator, 'graph')).rejects.toThrow()
})

test('a hanging answer never begins, and closing the simulator does not wait for it', async () => {
  const simulator = await givenFault({ service: 'graph', kind: 'hang' })
  const abort = new AbortController()
  const answer = fetch(`${simulator.origin}${surfacePaths.graph}`, { signal: abort.signal })
  await expect.poll(() => simulator.control.requests({ service: 'graph' })[0]?.active).toBe(1)

  abort.abort()

  await expect(answer).rejects.toThrow(/abort/)
  await expect.poll(() => simulator.control.requests({ service: 'graph' })[0]?.active).toBe(0)
})

test('a slow answer arrives whole, byte by byte', async () => {
  const simulator = await givenFault({ service: 'graph', kind: 'slow-drip', delayMs: 1 })
  const response = await fetch(`${simulator.origin}${surfacePaths.graph}`)
  const pieces: number[] = []
  for await (const piece of response.body ?? []) pieces.push(piece.length)

  expect(pieces.length).toBeGreaterThan(10)
  expect(response.headers.has('content-length')).toBe(false)
})

test('a truncated answer is not JSON any more', async () => {
  const simulator = await givenFault({ service: 'graph', kind: 'truncated-json' })

  const response = await fetch(`${simulator.origin}${surfacePaths.graph}`)
  const text = await response.text()

  expect(response.headers.get('content-type')).toContain('json')
  expect(text).toMatch(/^\{/)
  expect(() => JSON.parse(text)).toThrow(SyntaxError)
})

test('an answer can have the wrong content type', async () => {
  const simulator = await givenFault({ service: 'graph', kind: 'wrong-content-type' })

  const answer = await api(simulator, 'graph')

  expect(answer.headers.get('content-type')).toContain('text/html')
})

test('a huge answer is 50 MB of valid JSON', async () => {
  const simulator = await givenFault({ service: 'graph', kind: 'huge-answer' })

  const response = await fetch(`${simulator.origin}${surfacePaths.graph}`)
  let bytes = 0
  for await (const piece of response.body ?? []) bytes += piece.length

  expect(response.status).toBe(200)
  expect(bytes).toBeGreaterThanOrEqual(50 * 1024 * 1024)
})

test('a delay waits and then lets the next fault strike', async () => {
  const simulator = await givenFault({ service: 'graph', kind: 'delay', delayMs: 120 })
  simulator.control.addFault({ service: 'graph', kind: 'status', status: 299 })
  const begun = performance.now()

  const { status } = await api(simulator, 'graph')

  expect(status).toBe(299)
  expect(performance.now() - begun).toBeGreaterThanOrEqual(115)
})
