import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  createMemoryQuotaStore,
  createQuotas,
  createRemote,
  type RemoteCall,
} from '../../../src/microsoft/http/index.ts'
import { type BadServer, json, startBadServer } from './bad-server.ts'

const remote = createRemote({ quotas: createQuotas({ store: createMemoryQuotaStore() }), random: () => 0 })
const large = { value: 'ü'.repeat(1_500_000) }
let server: BadServer

beforeAll(async () => {
  server = await startBadServer()
})

afterAll(async () => {
  await remote.close()
  await server.close()
})

function get(more: Partial<RemoteCall>): RemoteCall {
  return { service: 'graph', tenantId: null, method: 'GET', url: server.url(), ...more }
}

test.each([
  ['as it is', json(large)],
  [
    'packed',
    ((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
      response.end(gzipSync(JSON.stringify(large)))
    }) satisfies Parameters<BadServer['behave']>[0],
  ],
])('the rest of a large body is read once the caller wants it: %s', async (_, behaviour) => {
  server.behave(behaviour)
  let told = 0
  let goOn = (): void => {}
  const wanted = new Promise<void>(resolve => {
    goOn = resolve
  })

  let isRead = false
  const answering = remote.call(
    get({
      onLarge: () => {
        told++
        return wanted
      },
    }),
  )
  void answering.then(() => {
    isRead = true
  })
  while (told === 0) await new Promise(setImmediate)
  const wasRead = isRead
  goOn()
  const answer = await answering

  expect({ wasRead, told }).toEqual({ wasRead: false, told: 1 })
  expect(JSON.parse(answer.text)).toEqual(large)
})

test('a caller who waits for long is told that the time is over', async () => {
  server.behave(json(large))

  const answering = remote.call(
    get({
      timeoutMs: 100,
      attempts: 1,
      onLarge: signal =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    }),
  )

  await expect(answering).rejects.toMatchObject({ failure: { code: 'timeout' } })
})

test('nobody is asked about a small body', async () => {
  server.behave(json({ value: 1 }))
  let told = 0

  await remote.call(
    get({
      onLarge: async () => {
        told++
      },
    }),
  )

  expect(told).toBe(0)
})
