import { request as httpRequest } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RouteAct } from '../../src/web/plugins/access/route-acts.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { administrator } from '../helpers/customers.ts'
import { type Staff, signedIn } from '../helpers/staff.ts'
import { type Ask, addressOf, askingAs, changes } from './requests.ts'

let running: RunningApp
let staff: Staff
let cookie: string
let ask: Ask
let token: string
const log: string[] = []

beforeAll(async () => {
  running = await startApp({
    work: false,
    settings: { TENANTRY_LOG_LEVEL: 'info' },
    logTo: { write: text => void log.push(text) },
  })
  staff = await signedIn(running)
  cookie = [...staff.cookies(running.url)].map(([name, value]) => `${name}=${value}`).join('; ')
  ask = await askingAs(running, 'admin')
  const made = await ask('POST', '/api/v1/invitations', {
    headers: { 'content-type': 'application/json' },
    payload: '{"customerName":"Contoso"}',
  })
  token = new URL(made.json().joinUrl).pathname.slice('/join/'.length)
})

afterAll(() => running?.close())

type Raw = { method?: string; headers?: Record<string, string>; body?: string }

/** Asks with the path exactly as it is written: `fetch` would tidy it. */
function askRaw(path: string, { method = 'GET', headers = {}, body }: Raw = {}): Promise<number> {
  const { hostname, port } = new URL(running.url)
  return new Promise((resolve, reject) => {
    const asking = httpRequest({ hostname, port, path, method, headers, agent: false }, answer => {
      answer.resume()
      answer.on('end', () => resolve(answer.statusCode ?? 0))
    })
    asking.on('error', reject)
    asking.end(body)
  })
}

const nameOf = ({ method, url }: RouteAct) => `${method} ${url}`

/** The same path in other spellings. */
function spellings(path: string): string[] {
  const [, first = '', ...rest] = path.split('/')
  const encoded = `%${first.charCodeAt(0).toString(16)}${first.slice(1)}`
  const tail = rest.join('/')
  return [
    `/${encoded}/${tail}`,
    `/${encoded}%2f${tail}`,
    `/${first}%2F${tail}`,
    `//${first}/${tail}`,
    `/./${first}/${tail}`,
    `/x/../${first}/${tail}`,
    `/${first.toUpperCase()}/${tail}`,
    `/${first};x=1/${tail}`,
    `/${first}/${tail}/`,
    `/${first}/${tail}%00`,
    `${running.url}/${first}/${tail}`,
  ]
}

test('a session’s cookie opens nothing of the JSON API, however its address is spelled', async () => {
  const api = running.app.routeActs.filter(route => changes(route) && route.url.startsWith('/api/v1/'))
  expect(api.length).toBeGreaterThan(20)

  for (const route of api) {
    const path = addressOf(route)
    for (const spelling of [path, ...spellings(path)]) {
      for (const type of ['text/plain', 'application/json']) {
        const status = await askRaw(spelling, {
          method: route.method,
          headers: { cookie, 'content-type': type },
          body: '{"type":"isolate","comment":"x"}',
        })

        expect([400, 401, 404], `${route.method} ${spelling} ${type}`).toContain(status)
      }
    }
  }
})

test('no page takes a form without its token, however its address is spelled', async () => {
  const pages = running.app.routeActs.filter(
    route => changes(route) && !route.url.startsWith('/api/') && !route.url.startsWith('/consent/'),
  )
  expect(pages.length).toBeGreaterThan(30)

  for (const route of pages) {
    const path = addressOf(route)
    for (const spelling of [path, ...spellings(path)]) {
      const status = await askRaw(spelling, {
        method: route.method,
        headers: { cookie, 'content-type': 'application/x-www-form-urlencoded' },
        body: 'name=x',
      })

      expect([400, 403, 404], `${route.method} ${spelling}`).toContain(status)
    }
  }
})

test('what a browser sends for another site, subdomain or port is refused on every route', async () => {
  const { hostname } = new URL(running.url)
  const foreign: Record<string, string>[] = [
    { origin: `http://${hostname}:9` },
    { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    { origin: 'null', 'sec-fetch-site': 'cross-site' },
    { origin: 'null' },
    { 'sec-fetch-site': 'same-site' },
    { origin: running.url, 'sec-fetch-site': 'same-site' },
  ]
  for (const route of running.app.routeActs.filter(changes)) {
    for (const headers of foreign) {
      const answer = await ask(route.method, addressOf(route), { headers })

      // Microsoft sends forms here; they are handed back to the browser as an address and nothing else.
      const isExpected = ['/consent/callback', '/consent/proof'].includes(route.url)
      expect(answer.statusCode, `${nameOf(route)} ${JSON.stringify(headers)}`).toBe(isExpected ? 303 : 403)
      if (isExpected) expect(answer.headers.location).toBe(`${route.url}?`)
    }
  }
})

test('our own pages and programs are not taken for another site', async () => {
  const ours: Record<string, string>[] = [
    {},
    { origin: running.url, 'sec-fetch-site': 'same-origin' },
    { origin: 'null', 'sec-fetch-site': 'same-origin' },
    { 'sec-fetch-site': 'none' },
  ]
  for (const headers of ours) {
    const answer = await ask('POST', '/notifications/seen', { headers })
    expect(answer.statusCode, JSON.stringify(headers)).toBe(303)
  }
})

test('the API understands JSON alone, and pages forms alone', async () => {
  for (const route of running.app.routeActs.filter(changes)) {
    const wrong = route.url.startsWith('/api/')
      ? ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']
      : ['text/plain', 'application/json', 'multipart/form-data; boundary=x']
    for (const type of wrong) {
      const answer = await ask(route.method, addressOf(route), {
        headers: { 'content-type': type },
        payload: '{"a":1}',
      })

      expect(answer.statusCode, `${nameOf(route)} ${type}`).toBe(415)
    }
  }
})

test('the log holds no link token, code or state, however the address is spelled', async () => {
  const secrets = [token, 'code-that-is-secret', 'state-that-is-secret', 'sid-that-is-secret']
  const query = '?%63ode=code-that-is-secret&state=state-that-is-secret&%73id=sid-that-is-secret'
  log.length = 0
  const asked = [
    ...['/join/', '/join/consent/'].flatMap(path => [`${path}${token}`, ...spellings(`${path}${token}`)]),
    `/join/${token}/consent`,
    `/%6aoin/${token}/x/y`,
    `/join/${token}%`,
    `/join/${token}%zz/consent`,
    ...['/auth/callback', '/consent/callback', '/consent/proof', '/auth/front-channel-sign-out'].flatMap(
      path => [
        path + query,
        `${path}/${query}`,
        path + query.replace('?', '#'),
        ...spellings(path).map(spelling => spelling + query),
      ],
    ),
  ]

  for (const path of asked) {
    await askRaw(path)
    await askRaw(path, { method: 'POST' })
  }

  const written = log.join('')
  expect(written.split('\n').length).toBeGreaterThan(asked.length)
  for (const secret of secrets) expect(written, secret).not.toContain(secret)
  expect(written).toContain('"url":"/join/…"')
  expect(written).toContain('code=…')
})

test('nothing that an answer holds is kept by a cache, errors included; our own files are', async () => {
  const byRoute = running.app.routeActs.filter(
    ({ url, method }) => method === 'GET' && !url.startsWith('/assets/'),
  )
  for (const route of byRoute) {
    const [known, unknown] = [await ask('GET', addressOf(route)), await running.app.inject(addressOf(route))]

    expect(known.headers['cache-control'], nameOf(route)).toBe('no-store')
    expect(unknown.headers['cache-control'], nameOf(route)).toBe('no-store')
  }
  for (const path of ['/nothing', '/api/nothing', '/%zz', `/join/${'x'.repeat(600)}`]) {
    const answer = await running.app.inject(path)
    expect(answer.headers['cache-control'], path).toBe('no-store')
    expect(answer.statusCode, path).toBeGreaterThanOrEqual(400)
  }
  expect((await running.app.inject('/assets/app.css')).headers['cache-control']).toMatch(/^public/)
})

test('metrics are for this machine, and elsewhere for keys that see every tenant', async () => {
  const outside = (headers: Record<string, string>) =>
    running.app.inject({ url: '/metrics', remoteAddress: '203.0.113.5', headers })
  const limited = await running.apiKey('admin', ['some'])
  const unlimited = await running.apiKey('reader')

  const statuses = [
    await outside({}),
    await outside({ 'x-forwarded-for': '127.0.0.1' }),
    await outside({ cookie }),
    await outside(limited),
    await outside({ authorization: 'Bearer tnt_unknown' }),
    await outside(unlimited),
    await running.app.inject('/metrics'),
  ].map(({ statusCode }) => statusCode)

  expect(statuses).toEqual([403, 403, 403, 403, 401, 200, 200])
})

test('a Host header that somebody else wrote stands in no link and no redirect', async () => {
  const host = 'evil.example'
  const made = await ask('POST', '/api/v1/invitations', {
    headers: { host, 'x-forwarded-host': host, 'content-type': 'application/json' },
    payload: '{"customerName":"Fabrikam"}',
  })
  const away = await ask('POST', '/sign-in', { headers: { host, 'x-forwarded-host': host } })
  const page = await ask('GET', '/api', { headers: { host, 'x-forwarded-host': host } })

  expect(made.json().joinUrl).toMatch(`${running.url}/join/`)
  expect(new URL(String(away.headers.location)).searchParams.get('redirect_uri')).toBe(
    `${running.url}/auth/callback`,
  )
  expect(page.headers.location ?? '').not.toContain(host)
  expect(page.body).not.toContain(host)
})

test('nobody but those who make links is shown one', async () => {
  const invitation = await running.services.invitations.create(administrator, { customerName: 'Tailspin' })
  await running.services.invitations.extend(administrator, invitation.id, 48)
  const link = (await ask('GET', `/api/v1/invitations/${invitation.id}`)).json().joinUrl as string
  const secret = link.slice(`${running.url}/join/`.length)
  expect((await ask('GET', `/invitations/${invitation.id}`)).body).toContain(secret)
  const looks = running.app.routeActs.filter(({ method, act }) => method === 'GET' && act !== 'public')

  for (const role of ['reader', 'analyst'] as const) {
    const asking = await askingAs(running, role)
    const view = await asking('GET', `/api/v1/invitations/${invitation.id}`)
    expect(view.json()).toMatchObject({ id: invitation.id, joinUrl: null })
    for (const route of looks) {
      const answer = await asking(
        'GET',
        addressOf(route, () => invitation.id),
      )

      expect(answer.body, `${role}: ${nameOf(route)}`).not.toContain(secret)
      expect(answer.body, `${role}: ${nameOf(route)}`).not.toMatch(/\/join\/[\w-]{43}/)
    }
  }
})
