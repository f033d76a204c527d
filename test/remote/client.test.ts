import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { RemoteError, type RemoteFailure } from '../../src/errors.ts'
import {
  createMemoryQuotaStore,
  createQuotas,
  createRemote,
  type Remote,
  type RemoteCall,
  type RemoteOptions,
  readJson,
} from '../../src/remote/index.ts'
import { type BadServer, cutOff, drip, flood, hang, json, reset, startBadServer, text } from './bad-server.ts'

const tenantId = '6a1e0c1e-9f1d-4a51-8a0e-2c5a4f4f1d01'
let server: BadServer
let remote: Remote

beforeAll(async () => {
  server = await startBadServer()
})

afterAll(() => server.close())

beforeEach(() => {
  server.requests.length = 0
  server.behave(json({ ok: true }))
  remote = makeRemote()
})

afterEach(() => remote.close())

function makeRemote(options: Partial<RemoteOptions> = {}): Remote {
  return createRemote({
    quotas: createQuotas({ store: createMemoryQuotaStore() }),
    random: () => 0,
    ...options,
  })
}

function get(call: Partial<RemoteCall> = {}): RemoteCall {
  return { service: 'graph', tenantId, method: 'GET', url: server.url(), ...call }
}

async function failureOf(call: RemoteCall, from = remote): Promise<RemoteFailure> {
  try {
    await from.call(call)
  } catch (error) {
    if (error instanceof RemoteError) return error.failure
    throw error
  }
  throw new Error('the call did not fail')
}

describe('an answer', () => {
  test('comes with status, headers, text and the id for support', async () => {
    server.behave(json({ value: [1] }, 200, { 'Request-Id': 'abc-123' }))

    const answer = await remote.call(get({ headers: { Authorization: 'Bearer x' } }))

    expect(answer).toMatchObject({ status: 200, text: '{"value":[1]}', requestId: 'abc-123' })
    expect(answer.headers['content-type']).toContain('json')
    expect(readJson(answer, 'graph')).toEqual({ value: [1] })
    expect(server.requests[0]?.headers).toMatchObject({
      authorization: 'Bearer x',
      accept: 'application/json',
    })
    expect(server.requests[0]?.headers['client-request-id']).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('without an id of the service carries the one we sent', async () => {
    const answer = await remote.call(get())

    expect(answer.requestId).toBe(server.requests[0]?.headers['client-request-id'])
  })

  test('may be packed', async () => {
    const packed = gzipSync(JSON.stringify({ packed: true }))
    server.behave((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(packed)
    })

    const answer = await remote.call(get())

    expect(answer.text).toBe('{"packed":true}')
  })

  test('may be empty where nothing is promised', async () => {
    server.behave(text('', 204), text('', 202), text('plain', 200))

    const answers = [
      await remote.call(get()),
      await remote.call(get()),
      await remote.call(get({ expect: 'any' })),
    ]

    expect(answers.map(answer => answer.text)).toEqual(['', '', 'plain'])
  })

  test('of a post carries its body', async () => {
    await remote.call(get({ method: 'POST', body: '{"Query":"T"}' }))

    expect(server.requests[0]).toMatchObject({ method: 'POST', body: '{"Query":"T"}' })
    expect(server.requests[0]?.headers['content-type']).toBe('application/json; charset=utf-8')
  })
})

describe('a misbehaving service is named', () => {
  const once = { attempts: 1 }

  test('text 429 with its time', async () => {
    server.behave(text('Too Many Requests', 429, { 'retry-after': '60' }))

    const failure = await failureOf(get(once))

    expect(failure).toMatchObject({ code: 'throttled', status: 429, retryAfterSeconds: 60, permanent: false })
  })

  test('JSON 429 with the time in its text', async () => {
    server.behave(json({ error: { code: '429', message: 'You can send requests again in 8 seconds.' } }, 429))

    const failure = await failureOf(get({ ...once, service: 'endpoint' }))

    expect(failure).toMatchObject({ code: 'throttled', retryAfterSeconds: 8, serviceCode: '429' })
  })

  test('an HTML page, an empty document and a plain failure as unavailable', async () => {
    server.behave(
      text('<html><title>Sorry</title></html>', 503, { 'content-type': 'text/html' }),
      json({}, 503),
      text('', 500),
    )

    const codes = [await failureOf(get(once)), await failureOf(get(once)), await failureOf(get(once))]

    expect(codes.map(failure => failure.code)).toEqual(['unavailable', 'unavailable', 'unavailable'])
  })

  test('a reset, and a connection cut within the body', async () => {
    server.behave(reset, cutOff)

    const failures = [await failureOf(get(once)), await failureOf(get(once))]

    expect(failures.map(failure => failure.code)).toEqual(['reset', 'reset'])
    expect(failures[0]?.requestId).toBe(server.requests[0]?.headers['client-request-id'])
  })

  test('nobody there', async () => {
    const nobody = await startBadServer()
    const url = nobody.url()
    await nobody.close()

    const failure = await failureOf(get({ ...once, url }))

    expect(failure).toMatchObject({ code: 'network', serviceCode: 'ECONNREFUSED', status: null })
  })

  test('silence and dripping as a time-out', async () => {
    server.behave(hang, drip)

    const failures = [
      await failureOf(get({ ...once, timeoutMs: 150 })),
      await failureOf(get({ ...once, timeoutMs: 150 })),
    ]

    expect(failures.map(failure => failure.code)).toEqual(['timeout', 'timeout'])
  })

  test('truncated JSON, a page instead of JSON, nothing at all', async () => {
    server.behave(
      text('{"value":[{"id":1},', 200, { 'content-type': 'application/json' }),
      text('<html>Sign in to the hotel network</html>', 200, { 'content-type': 'text/html' }),
      text('', 200, { 'content-type': 'application/json' }),
    )

    const failures = [await failureOf(get(once)), await failureOf(get(once)), await failureOf(get(once))]

    expect(failures.map(failure => failure.code)).toEqual(['bad_answer', 'bad_answer', 'bad_answer'])
    expect(new Set(failures.map(failure => failure.message)).size).toBe(3)
  })

  test('success with an error inside, by what the error says', async () => {
    server.behave(
      json({ error: { code: 'TooManyRequests', message: 'Please retry again later.' } }),
      json({ error: { code: 'Strange', message: 'Strange' } }),
      json({ error: 'invalid_client', error_description: 'AADSTS7000222: expired', error_codes: [7000222] }),
    )

    const failures = [
      await failureOf(get(once)),
      await failureOf(get(once)),
      await failureOf(get({ ...once, service: 'entra' })),
    ]

    expect(failures.map(failure => failure.code)).toEqual(['throttled', 'bad_answer', 'credential_expired'])
  })

  test('a document whose word "error" is data is no failure', async () => {
    server.behave(json({ value: [], error: null }), json({ error: 'a column', results: [] }))

    const answers = [await remote.call(get(once)), await remote.call(get(once))]

    expect(answers.map(answer => answer.status)).toEqual([200, 200])
  })

  test('an answer of 50 MB, without reading it', async () => {
    server.behave(flood(50 * 1024 * 1024))
    const before = process.memoryUsage().rss

    const failure = await failureOf(get(once))

    expect(failure).toMatchObject({ code: 'too_large', permanent: true, status: 200 })
    expect(process.memoryUsage().rss - before).toBeLessThan(40 * 1024 * 1024)
  })

  test('a packed bomb by its unpacked size', async () => {
    const bomb = gzipSync(Buffer.alloc(20 * 1024 * 1024, 'a'))
    server.behave((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(bomb)
    })

    const failure = await failureOf(get(once))

    expect(failure.code).toBe('too_large')
  })

  test('a large document is read when the caller says so, and its end is looked at', async () => {
    server.behave(json({ value: 'a'.repeat(9_000_000) }), text(`{"value":"${'a'.repeat(2_000_000)}`, 200))

    const whole = await remote.call(get({ ...once, maxBytes: 64 * 1024 * 1024 }))
    const broken = await failureOf(get({ ...once, maxBytes: 64 * 1024 * 1024 }))

    expect(whole.text).toHaveLength(9_000_012)
    expect(broken.code).toBe('bad_answer')
  })

  test('a redirect, which is not followed', async () => {
    server.behave((_request, response) => {
      response.writeHead(302, { location: server.url('/elsewhere').href }).end()
    })

    const failure = await failureOf(get({ ...once, headers: { authorization: 'Bearer x' } }))

    expect(failure).toMatchObject({ code: 'bad_answer', status: 302 })
    expect(server.requests).toHaveLength(1)
  })

  test('bytes that are no HTTP', async () => {
    server.behave(request => request.socket.end('SSH-2.0-OpenSSH\r\n\r\n'))

    const failure = await failureOf(get(once))

    expect(failure.code).toBe('bad_answer')
  })

  test('a header that cannot be sent', async () => {
    const failure = await failureOf(get({ headers: { authorization: 'Bearer a\nb' } }))

    expect(failure).toMatchObject({ code: 'invalid_request', permanent: true })
    expect(server.requests).toHaveLength(0)
  })
})

describe('repeating', () => {
  test('a read that failed in passing is repeated', async () => {
    server.behave(reset, text('', 503), text('{"x":', 200), json({ fine: true }))

    const answer = await remote.call(get())

    expect(answer.text).toBe('{"fine":true}')
    expect(server.requests).toHaveLength(4)
  })

  test('a read is not repeated beyond its tries, nor when it was refused', async () => {
    server.behave(text('', 503))
    await failureOf(get({ attempts: 3 }))
    expect(server.requests).toHaveLength(3)

    server.behave(json({ error: { code: 'BadRequest', message: 'no' } }, 400))
    await failureOf(get())
    expect(server.requests).toHaveLength(4)
  })

  test('a write is not repeated after a reset, a time-out or an outage', async () => {
    const write = get({ method: 'PATCH', body: '{}', timeoutMs: 150 })
    for (const behaviour of [reset, hang, text('', 503), cutOff]) {
      server.requests.length = 0
      server.behave(behaviour, json({}))

      await failureOf(write)

      expect(server.requests).toHaveLength(1)
    }
  })

  test('a write is repeated when the service sent it away', async () => {
    server.behave(text('', 429, { 'retry-after': '0' }), json({ done: true }))

    const answer = await remote.call(get({ method: 'POST', body: '{}', write: true }))

    expect(answer.text).toBe('{"done":true}')
    expect(server.requests).toHaveLength(2)
  })

  test('a write is repeated when no connection came about', async () => {
    const gone = await startBadServer()
    const url = gone.url()
    await gone.close()
    const tries: string[] = []
    const logged = makeRemote({ log: { debug: (_fields, message) => tries.push(message) } })

    const failure = await failureOf(get({ method: 'PATCH', body: '{}', url, attempts: 3 }), logged)
    await logged.close()

    expect(failure.code).toBe('network')
    expect(tries).toHaveLength(3)
  })

  test('a wait beyond the deadline is not begun', async () => {
    server.behave(text('', 429, { 'retry-after': '60' }))
    const startedAt = performance.now()

    const failure = await failureOf(get({ deadlineMs: 5000 }))

    expect(failure.retryAfterSeconds).toBe(60)
    expect(server.requests).toHaveLength(1)
    expect(performance.now() - startedAt).toBeLessThan(4000)
  })

  test('the deadline ends a call that is under way', async () => {
    server.behave(hang)
    const startedAt = performance.now()

    const failure = await failureOf(get({ deadlineMs: 200 }))

    expect(failure.code).toBe('timeout')
    expect(performance.now() - startedAt).toBeLessThan(3000)
  })

  test('the caller can end a call', async () => {
    server.behave(hang)
    const controller = new AbortController()
    const ended = failureOf(get({ signal: controller.signal }))
    await expect.poll(() => server.requests.length).toBe(1)

    controller.abort()

    expect((await ended).code).toBe('canceled')
    expect(server.requests).toHaveLength(1)
  })

  test('a call that was ended before it began sends nothing', async () => {
    const failure = await failureOf(get({ signal: AbortSignal.abort() }))

    expect(failure.code).toBe('canceled')
    expect(server.requests).toHaveLength(0)
  })

  test('an outage is met with the retries that are left, not with a multiple of the calls', async () => {
    const budget = { left: 3, earn() {}, spend: () => budget.left-- > 0 }
    const thrifty = makeRemote({ budget })
    server.behave(text('', 503))

    for (let i = 0; i < 10; i += 1) await failureOf(get({ tenantId: null }), thrifty)
    await thrifty.close()

    expect(server.requests).toHaveLength(13)
  })
})

describe('per tenant', () => {
  test('a dead service is left alone, and asked again after its pause', async () => {
    let time = Date.parse('2026-11-22T12:00:00Z')
    const patient = makeRemote({ now: () => time, circuit: { threshold: 3, pauseMs: 10_000 } })
    server.behave(text('', 503))
    await failureOf(get({ attempts: 3 }), patient)

    const refused = await failureOf(get(), patient)
    const neighbour = await failureOf(
      get({ tenantId: '11111111-2222-4333-8444-555555555555', attempts: 1 }),
      patient,
    )
    expect(refused).toMatchObject({ code: 'circuit_open', retryAfterSeconds: 10, serviceCode: 'unavailable' })
    expect(neighbour.code).toBe('unavailable')
    expect(server.requests).toHaveLength(4)

    time += 11_000
    server.behave(json({ back: true }))
    const answers = [await patient.call(get()), await patient.call(get())]
    await patient.close()

    expect(answers.map(answer => answer.status)).toEqual([200, 200])
  })

  test('throttling holds further calls of that tenant back, not those of others', async () => {
    server.behave(text('', 429, { 'retry-after': '30' }), json({ ok: true }))
    await failureOf(get({ quota: 'graph-security', attempts: 1 }))

    const held = await failureOf(get({ quota: 'graph-security', deadlineMs: 1000 }))
    const other = await remote.call(
      get({ quota: 'graph-security', tenantId: '11111111-2222-4333-8444-555555555555' }),
    )

    expect(held.code).toBe('quota_exhausted')
    expect(held.retryAfterSeconds).toBeGreaterThan(25)
    expect(other.status).toBe(200)
    expect(server.requests).toHaveLength(2)
  })

  test('only a few calls run at once', async () => {
    let running = 0
    let most = 0
    const waiting: (() => void)[] = []
    server.behave((_request, response) => {
      running += 1
      most = Math.max(most, running)
      waiting.push(() => {
        running -= 1
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
      })
    })
    const narrow = makeRemote({ callsAtOnce: 2 })

    const calls = Array.from({ length: 7 }, () => narrow.call(get()))
    for (let answered = 0; answered < 7; answered += 1) {
      await expect.poll(() => waiting.length).toBeGreaterThan(0)
      waiting.shift()?.()
    }
    await Promise.all(calls)
    await narrow.close()

    expect(most).toBe(2)
  })

  test('the log tells each try without headers or query', async () => {
    const lines: string[] = []
    const logged = makeRemote({
      log: { debug: (fields, message) => lines.push(JSON.stringify({ ...fields, message })) },
    })
    server.behave(text('', 503), json({}))

    await logged.call(
      get({ url: server.url('/v1.0/x?$filter=secret'), headers: { authorization: 'Bearer eyJhidden' } }),
    )
    await logged.close()

    expect(lines).toHaveLength(2)
    expect(lines.join()).toContain('"code":"unavailable"')
    expect(lines.join()).not.toMatch(/secret|eyJhidden/)
  })
})
