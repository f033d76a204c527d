import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { cutOff, drip, flood, hang, json, reset, startBadServer, text } from './bad-server.ts'
import { failureOf, get, remote, server, useBadService } from './bad-service.ts'

useBadService()

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
