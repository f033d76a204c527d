import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { readJson } from '../../../src/microsoft/http/index.ts'
import { json, text } from './bad-server.ts'
import { failureOf, get, makeRemote, remote, server, useBadService } from './bad-service.ts'

useBadService()

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
