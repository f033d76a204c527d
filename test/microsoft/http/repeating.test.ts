import { describe, expect, test } from 'vitest'
import { cutOff, hang, json, reset, startBadServer, text } from './bad-server.ts'
import { failureOf, get, makeRemote, remote, server, useBadService } from './bad-service.ts'

useBadService()

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

  test('a read without an answer is tried once more, a query that was sent is not', async () => {
    server.behave(hang)
    const read = await failureOf(get({ timeoutMs: 150 }))
    const reads = server.requests.length
    server.requests.length = 0
    const query = await failureOf(
      get({
        method: 'POST',
        body: '{}',
        timeoutMs: 150,
        url: new URL('/v1.0/security/runHuntingQuery', server.url()),
      }),
    )

    expect([read.code, query.code]).toEqual(['timeout', 'timeout'])
    expect([reads, server.requests.length]).toEqual([2, 1])
    expect(read.remedy).toContain('tried again')
    expect(query.remedy).toContain('not repeated by itself')
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
    expect(performance.now() - startedAt).toBeLessThan(50_000)
  })

  test('the deadline ends a call that is under way', async () => {
    server.behave(hang)
    const startedAt = performance.now()

    const failure = await failureOf(get({ deadlineMs: 200 }))

    expect(failure.code).toBe('timeout')
    expect(performance.now() - startedAt).toBeLessThan(50_000)
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
