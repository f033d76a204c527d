import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkPublicAddress } from '../../src/doctor/public-address.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { chooseAccount, createVisitor } from '../helpers/visitor.ts'

/** What a proxy at 10.9.8.7 sends on; the socket is the address that the app sees. */
type Ask = {
  url: string
  from?: string
  headers?: Record<string, string>
  method?: 'GET' | 'HEAD' | 'POST'
}

let running: RunningApp
let lines: string[]

beforeAll(async () => {
  lines = []
  running = await startApp({
    work: false,
    tenants: 3,
    settings: {
      TENANTRY_PUBLIC_URL: 'https://tenantry.partner.example',
      TENANTRY_TRUSTED_PROXIES: '10.9.8.0/24',
      TENANTRY_LOG_LEVEL: 'info',
    },
    logTo: { write: (line: string) => void lines.push(line) },
  })
})

afterAll(() => running?.close())

async function ask({ url, from = '10.9.8.7', headers = {}, method = 'GET' }: Ask) {
  return await running.app.inject({
    method,
    url,
    remoteAddress: from,
    headers: { host: 'tenantry.partner.example', accept: 'text/html', ...headers },
  })
}

const byProxy = { 'x-forwarded-for': '198.51.100.4', 'x-forwarded-proto': 'https' }

test.each([
  ['GET', '127.0.0.1:3000'],
  ['HEAD', '10.0.0.5'],
  ['GET', '[::1]:3000'],
  ['GET', 'other.partner.example'],
  ['GET', ''],
] as const)(
  '%s by the host name "%s" is sent to the public address before a cookie is set',
  async (method, host) => {
    const answer = await ask({ method, url: '/sign-in?returnTo=%2Faudit', headers: { host } })

    expect(answer.statusCode).toBe(302)
    expect(answer.headers.location).toBe('https://tenantry.partner.example/sign-in?returnTo=%2Faudit')
    expect(answer.headers['set-cookie']).toBeUndefined()
  },
)

test('no host and no path of a request decides where else it is sent', async () => {
  for (const url of ['//evil.example/x', '/\\evil.example', '/@evil.example']) {
    const answer = await ask({ url, headers: { host: 'evil.example' } })

    expect(new URL(answer.headers.location ?? '').origin).toBe('https://tenantry.partner.example')
  }
})

test('what load balancers, Prometheus and programs ask is answered by any host name', async () => {
  const admin = await running.apiKey('admin')
  const host = '10.0.0.5:3000'

  for (const [url, headers] of [
    ['/healthz', {}],
    ['/readyz', {}],
    ['/metrics', admin],
    ['/api/v1/tenants', admin],
  ] as const) {
    expect((await ask({ url, headers: { host, ...headers } })).statusCode, url).toBe(200)
  }
})

test('a proxy that replaces the host gets its page after a few redirects, and the log says what to do', async () => {
  const statuses: number[] = []
  for (let tries = 0; tries < 5; tries += 1) {
    statuses.push((await ask({ url: '/sign-in', headers: { host: 'backend:3000' } })).statusCode)
  }

  expect(statuses).toEqual([302, 302, 302, 200, 200])
  expect(lines.filter(line => line.includes('replaces the host')).length).toBe(1)
})

test('the session cookie is set for https, whether or not the proxy says that it came by https', async () => {
  for (const headers of [byProxy, { 'x-forwarded-for': '198.51.100.4' }]) {
    const page = await ask({ url: '/sign-in', headers })
    const cookies = [page.headers['set-cookie']].flat().map(line => line?.split(';')[0])
    const csrf = /name="_csrf" value="([^"]+)"/.exec(page.body)?.[1] ?? ''

    const away = await running.app.inject({
      method: 'POST',
      url: '/sign-in',
      remoteAddress: '10.9.8.7',
      headers: {
        ...headers,
        host: 'tenantry.partner.example',
        cookie: cookies.join('; '),
        'content-type': 'application/x-www-form-urlencoded',
      },
      payload: new URLSearchParams({ _csrf: csrf }).toString(),
    })

    expect(away.statusCode).toBe(303)
    const begun = String(away.headers['set-cookie'])
    expect(begun).toMatch(/__Host-tenantry-sign-in-[^=]+=[^;]+;.*Secure/)
    const browser = createVisitor(running.url)
    const choice = await browser.get(String(away.headers.location))
    const back = await chooseAccount(browser, choice, running.simulator.origin, 'admin@partner.example')
    const { pathname, search } = new URL(back.location ?? '')
    const landed = await running.app.inject({
      url: pathname + search,
      remoteAddress: '10.9.8.7',
      headers: { ...headers, host: 'tenantry.partner.example', cookie: begun.split(';')[0] ?? '' },
    })

    expect(landed.statusCode).toBe(303)
    expect(String(landed.headers['set-cookie'])).toMatch(/__Host-tenantry=[^;]+;.*Secure/)
  }
})

test('a trusted proxy names the visitor, whose limit is not another’s', async () => {
  const left = async (client: string, from?: string) => {
    const answer = await ask({
      url: '/join/unknown-token',
      headers: { 'x-forwarded-for': client },
      ...(from ? { from } : {}),
    })
    return Number(answer.headers['ratelimit-remaining'])
  }

  const first = await left('198.51.100.20')
  expect(await left('198.51.100.20')).toBe(first - 1)
  expect(await left('198.51.100.21')).toBe(first)
  expect(lines.some(line => line.includes('"remoteAddress":"198.51.100.21"'))).toBe(true)
})

test('anybody else’s word about the visitor is ignored, and said so once', async () => {
  const remaining = async (client: string) =>
    (await ask({ url: '/join/unknown-token', from: '172.20.0.9', headers: { 'x-forwarded-for': client } }))
      .headers['ratelimit-remaining']

  const first = await remaining('198.51.100.30')
  const second = await remaining('198.51.100.31')

  expect(Number(second)).toBe(Number(first) - 1)
  expect(
    lines.filter(line => line.includes('TENANTRY_TRUSTED_PROXIES') && line.includes('172.20.0.9')),
  ).toHaveLength(1)
})

test('health tells, when asked, what the proxy leaves out, and no address', async () => {
  const seen = async (from: string, headers: Record<string, string>) =>
    (await ask({ url: '/healthz?proxy', from, headers })).json()

  expect(await seen('10.9.8.7', byProxy)).toEqual({ status: 'ok', proxy: null })
  expect(await seen('172.20.0.9', byProxy)).toEqual({ status: 'ok', proxy: 'untrusted' })
  expect(await seen('10.9.8.7', {})).toEqual({ status: 'ok', proxy: 'silent' })
  expect(await seen('10.9.8.7', { ...byProxy, host: 'backend:3000' })).toEqual({
    status: 'ok',
    proxy: 'host_replaced',
  })
})

test('the doctor says what is missing on the way to the public address', async () => {
  const { port } = new URL(running.url)
  const { chooseProxy } = running.services

  expect(await checkPublicAddress({ publicUrl: `http://127.0.0.1:${port}`, chooseProxy })).toMatchObject({
    outcome: 'warning',
    remedy: expect.stringContaining('Host header'),
  })
  expect(await checkPublicAddress({ publicUrl: running.simulator.origin, chooseProxy })).toMatchObject({
    outcome: 'warning',
    message: expect.stringContaining('something else answers'),
  })
  expect(await checkPublicAddress({ publicUrl: 'http://127.0.0.1:9', chooseProxy })).toMatchObject({
    outcome: 'warning',
    message: expect.stringContaining('does not answer'),
  })
})
