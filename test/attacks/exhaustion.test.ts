import { once } from 'node:events'
import { request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { type Staff, signedIn } from '../helpers/staff.ts'

let running: RunningApp
let key: { authorization: string }
/** Of somebody who attacks nothing. */
let other: { authorization: string }
let staff: Staff
let operations: Operation[]

type Operation = {
  method: string
  path: string
  fields: string[]
  texts: string[]
}
type Schema = { properties?: Record<string, unknown> }
type Described = {
  parameters?: { in: string; name: string; schema: { type?: string; enum?: unknown } }[]
  requestBody?: { content: Record<string, { schema: Schema }> }
}

beforeAll(async () => {
  running = await startApp({ work: false, tenants: 2 })
  key = await running.apiKey('admin')
  other = await running.apiKey('reader')
  staff = await signedIn(running)
  const { paths } = (await (await fetch(`${running.url}/api/openapi.json`)).json()) as {
    paths: Record<string, Record<string, Described>>
  }
  operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody }]) => ({
      method: method.toUpperCase(),
      path: path.replaceAll(/\{\w+\}/g, '00000000-0000-4000-8000-00000000dead'),
      fields: Object.keys(requestBody?.content['application/json']?.schema.properties ?? {}),
      texts: parameters.filter(one => one.in === 'query' && !one.schema.enum).map(({ name }) => name),
    })),
  )
})
afterAll(() => running?.close())

async function statusOf(path: string, init: RequestInit = {}): Promise<number> {
  const answer = await fetch(running.url + path, { ...init, headers: { ...key, ...init.headers } })
  await answer.body?.cancel()
  return answer.status
}

/** Somebody else asks so many times, one after the other, while it goes on. */
async function othersAreServed(times: number): Promise<void> {
  const statuses: number[] = []
  for (let n = 0; n < times; n += 1) {
    const answer = await fetch(`${running.url}/api/v1/tenants`, { headers: other })
    await answer.text()
    statuses.push(answer.status)
  }
  expect(statuses).toEqual(Array(times).fill(200))
}

const json = { 'content-type': 'application/json' }
const asPublished = (path: string) => (path.startsWith('/api') ? path : `/api/v1${path}`)

test('JSON that is nested a hundred thousand deep, as the whole body and in every field', async () => {
  const depth = 100_000
  const deep = ['['.repeat(depth) + ']'.repeat(depth), `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`]
  const taking = operations.filter(({ fields }) => fields.length > 0)
  expect(taking.length).toBeGreaterThan(20)

  const answers: string[] = []
  for (const { method, path, fields } of taking) {
    const bodies = [...deep, ...fields.map(field => `{${JSON.stringify(field)}:${deep[0]}}`)]
    const statuses = await Promise.all(
      bodies.map(body => statusOf(asPublished(path), { method, headers: json, body })),
    )
    answers.push(...statuses.map(status => `${status} ${method} ${path}`))
  }

  // Looked at, and refused: neither unknown addresses nor errors.
  expect(answers.filter(answer => !/^4(00|13|22) /.test(answer))).toEqual([])
  await othersAreServed(5)
})

test('bodies beyond the limit, with their length, without one, and many at once', async () => {
  const large = JSON.stringify({ query: 'x'.repeat(2 * 1024 * 1024) })
  const send = () => statusOf('/api/v1/hunts', { method: 'POST', headers: json, body: large })

  const [many] = await Promise.all([Promise.all(Array.from({ length: 40 }, send)), othersAreServed(10)])
  const chunked = await sendWithoutEnd('/api/v1/hunts')
  const form = await statusOf('/hunts', {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: `query=${'x'.repeat(2 * 1024 * 1024)}`,
  })

  expect(many).toEqual(Array(40).fill(413))
  expect(chunked).toBe(413)
  expect(form).toBeGreaterThanOrEqual(400)
  expect(form).toBeLessThan(500)
  await othersAreServed(5)
})

/** Sends pieces without a length until the server answers. */
async function sendWithoutEnd(path: string): Promise<number | undefined> {
  const asking = request(running.url + path, { method: 'POST', headers: { ...json, ...key } })
  asking.on('error', () => {})
  onTestFinished(() => void asking.destroy())
  const answered = once(asking, 'response')
  let isOver = false
  const over = answered.finally(() => {
    isOver = true
  })
  while (!isOver && !asking.destroyed) {
    const isTaken = asking.write('x'.repeat(64 * 1024))
    await Promise.race([over, isTaken ? new Promise(setImmediate) : once(asking, 'drain').catch(() => {})])
  }
  const [answer] = (await over) as [{ statusCode?: number }]
  return answer.statusCode
}

async function openSocket(): Promise<Socket> {
  const { port } = new URL(running.url)
  const socket = connect(Number(port), '127.0.0.1')
  socket.on('error', () => {})
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  return socket
}

test('many requests whose head or body never comes to its end', async () => {
  const sockets = await Promise.all(Array.from({ length: 300 }, openSocket))
  const heads = [
    'GET /api/v1/tenants HTTP/1.1\r\nHost: localhost\r\nX-Slow: ',
    `POST /api/v1/hunts HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${key.authorization}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{`,
  ]
  for (const [n, socket] of sockets.entries()) socket.write(heads[n % 2] ?? '')

  await othersAreServed(20)
  for (const socket of sockets) socket.write('x')
  await othersAreServed(20)

  // Node ends each after its time; no part of the application may switch that off.
  expect(running.app.server.headersTimeout).toBeGreaterThan(0)
  expect(running.app.server.headersTimeout).toBeLessThanOrEqual(60_000)
  expect(running.app.server.requestTimeout).toBe(60_000)
})

test('many connections that ask for nothing', async () => {
  await Promise.all(Array.from({ length: 1000 }, openSocket))

  await othersAreServed(20)
})

test('headers and addresses without end', async () => {
  const headers = await statusOf('/api/v1/tenants', { headers: { 'x-long': 'x'.repeat(200_000) } })
  const address = await statusOf(`/api/v1/tenants?search=${'x'.repeat(200_000)}`)
  const parameters = await statusOf(`/api/v1/tenants?${'a=1&'.repeat(3500)}`)

  expect([headers, address]).toEqual([431, 431])
  expect(parameters).toBeLessThan(500)
  await othersAreServed(5)
})

test.each([
  ['a nested group', '(a+)+$'],
  ['alternatives that overlap', '(a|aa)+$'.repeat(20)],
  ['wildcards of LIKE', '%_'.repeat(95)],
  ['operators of a text search', "a & | ! <-> :* '\\ ( ".repeat(9)],
  ['a long run before a mismatch', `${'a'.repeat(190)}!`],
  ['letters that grow when they are folded', 'ﬁİẞ'.repeat(60)],
])('a search by %s, wherever text is taken', async (_what, text) => {
  const searching = operations.filter(({ method, texts }) => method === 'GET' && texts.length > 0)
  expect(searching.length).toBeGreaterThan(10)

  const asks = searching.flatMap(({ path, texts }) =>
    texts.map(async name => {
      const where = `${asPublished(path)}?${name}=${encodeURIComponent(text)}`
      return `${await statusOf(where)} ${path} ${name}`
    }),
  )
  const pages = ['/search?q=', '/incidents?search=', '/audit?search='].map(async path => {
    const { status } = await staff.get(path + encodeURIComponent(text))
    return `${status} ${path}`
  })
  const [answers] = await Promise.all([Promise.all([...asks, ...pages]), othersAreServed(10)])

  expect(answers.filter(answer => !/^[234]\d\d /.test(answer))).toEqual([])
  // Searched for as a text, and not only refused.
  expect(answers.filter(answer => answer.startsWith('200 ')).length).toBeGreaterThan(15)
})
