import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { doublingQuery } from '../helpers/doubling-query.ts'
import { freePort, runTenantry } from '../helpers/process.ts'
import { type Staff, signedIn } from '../helpers/staff.ts'

let running: RunningApp
let admin: { authorization: string }
let analyst: { authorization: string }
let tenantId: string

const limitMs = 5000

beforeAll(async () => {
  running = await startApp({ tenants: 12, analyzer: { limitMs } })
  admin = await running.apiKey('admin')
  analyst = await running.apiKey('analyst')
  const customer = running.simulator.world.customers().find(({ licenses }) => licenses.length === 6)
  tenantId = customer?.tenantId ?? ''
  running.simulator.control.grantConsent(tenantId)
  const connected = await send('POST', '/tenants', { tenant: tenantId, name: 'Customer' })
  expect(connected.status, await connected.text()).toBe(201)
})

afterAll(() => running.close())

function send(method: string, path: string, body: object, headers = admin, signal?: AbortSignal) {
  return fetch(`${running.url}/api/v1${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    ...(signal && { signal }),
  })
}

/** How often `/healthz` answered while the work was done: a process that the work holds up answers once at most. */
async function healthAnswers(work: Promise<unknown>): Promise<number> {
  let isDone = false
  void work.finally(() => {
    isDone = true
  })
  let answers = 0
  while (!isDone) {
    expect((await fetch(`${running.url}/healthz`)).status).toBe(200)
    answers += 1
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  return answers
}

test('lines that double the analysis do not stop the process', async () => {
  const attack = send('POST', '/hunts', { query: doublingQuery('// stop the process'), tenants: 'all' })
  const answers = await healthAnswers(attack)
  const answer = await attack

  expect(answer.status).toBe(422)
  expect(await answer.json()).toMatchObject({
    code: 'invalid_query',
    runnableWithUnknownNames: true,
    problems: [{ message: expect.stringContaining('too complex') }],
  })
  expect(answers).toBeGreaterThan(4)
})

test('the same lines are refused at once when they come again', async () => {
  const query = doublingQuery('// again')
  await send('POST', '/hunts/plan', { query, tenants: 'all' })

  const asked = performance.now()
  const again = await send('POST', '/hunts', { query, tenants: 'all' }, analyst)

  expect(again.status).toBe(422)
  expect(performance.now() - asked).toBeLessThan(limitMs / 2)
})

test('one caller with many such queries does not keep others from theirs', async () => {
  const caller = new AbortController()
  const attacks = Array.from({ length: 12 }, (_, index) =>
    send(
      'POST',
      '/hunts/plan',
      { query: doublingQuery(`// ${index}`), tenants: 'all' },
      analyst,
      caller.signal,
    ),
  )

  // At once: an attack that is broken off before somebody listens is an error of this test.
  const ends = Promise.allSettled(attacks)

  const honest = await send('POST', '/hunts/plan', { query: 'DeviceInfo | take 7', tenants: 'all' })
  caller.abort()

  expect(honest.status).toBe(200)
  expect(await honest.json()).toMatchObject({ analysis: { ok: true } })
  const ended = await ends
  expect(ended.filter(({ status }) => status === 'rejected').length).toBeGreaterThan(attacks.length / 2)
})

test('one caller cannot let queries wait without end', async () => {
  const caller = new AbortController()
  const attacks = Array.from({ length: 30 }, (_, index) =>
    send(
      'POST',
      '/hunts/plan',
      { query: doublingQuery(`// many ${index}`), tenants: 'all' },
      analyst,
      caller.signal,
    ),
  )

  const ends = Promise.allSettled(attacks)

  const first = await Promise.any(attacks)
  const problem = await first.json()
  caller.abort()

  expect(first.status).toBe(429)
  expect(problem).toMatchObject({ code: 'too_many_requests' })
  await ends
})

test('the analysis ends when its caller goes away', async () => {
  for (const index of [1, 2, 3, 4, 5, 6]) {
    const caller = new AbortController()
    const attack = send(
      'POST',
      '/hunts/plan',
      { query: doublingQuery(`// left ${index}`), tenants: 'all' },
      analyst,
      caller.signal,
    )
    setTimeout(() => caller.abort(), 50)
    await expect(attack).rejects.toThrow()
  }

  const asked = performance.now()
  const honest = await send('POST', '/hunts/plan', { query: 'DeviceInfo | take 8', tenants: 'all' }, analyst)

  expect(honest.status).toBe(200)
  expect(performance.now() - asked).toBeLessThan(4 * limitMs)
})

test('no link makes the server analyse a query', async () => {
  const staff: Staff = await signedIn(running)
  const query = doublingQuery('// by a link')
  const saved = await running.services.library.create(
    { kind: 'staff', id: 'x', label: 'x', role: 'admin', tenants: 'all' },
    {
      name: 'With a parameter',
      description: '',
      tactic: null,
      techniques: [],
      tags: [],
      query: 'declare query_parameters(n: long = 3);\nDeviceInfo | take n',
    },
  )
  const { analyze } = running.services.analyzer
  const analysed: string[] = []
  running.services.analyzer.analyze = async (text, options) => {
    analysed.push(text)
    return analyze(text, options)
  }

  const pages = [
    `/hunts?query=${encodeURIComponent(query)}`,
    `/hunts?saved=${saved.id}`,
    `/hunts?scope=chosen&tenantIds=${tenantId}&query=${encodeURIComponent(query)}`,
    '/library',
    '/library?search=take',
    `/library/${saved.id}`,
    `/library/${saved.id}/edit`,
    `/library/${saved.id}/versions/1`,
    `/library/new?copy=${saved.id}`,
    `/library/new?query=${encodeURIComponent(query)}`,
    `/schedules/new?query=${saved.id}`,
  ]
  for (const page of pages) expect((await staff.get(page)).status, page).toBe(200)
  const headers = { ...admin }
  for (const path of ['/queries', `/queries/${saved.id}`, `/queries/${saved.id}/versions`]) {
    expect((await fetch(`${running.url}/api/v1${path}`, { headers })).status, path).toBe(200)
  }
  running.services.analyzer.analyze = analyze

  expect(analysed).toEqual([])
})

test('a saved query, a schedule and a hunt of one tenant are checked within the same limits', async () => {
  const staff = await signedIn(running)
  const query = doublingQuery('// saved')
  const draft = { name: 'Doubling', query }

  const refused = await send('POST', '/queries', draft)
  const page = await staff.send('/hunts', '/hunts', { query, scope: 'chosen', tenantIds: tenantId })
  const saved = await send('POST', '/queries', { ...draft, allowUnknownNames: true })
  const { id: queryId } = (await saved.json()) as { id: string }
  const scheduled = await send('POST', '/schedules', {
    name: 'Doubling each morning',
    queryId,
    cron: '0 6 * * *',
    tenants: 'all',
  })

  expect(refused.status).toBe(422)
  expect(page.status).toBe(422)
  expect(page.text).toContain('too complex')
  expect(saved.status).toBe(201)
  expect(scheduled.status).toBe(201)
})

test('an overruled query ends in the tenant that it was sent to, and the simulator goes on', async () => {
  const query = doublingQuery('// in the simulator')
  const created = await send('POST', '/hunts', { query, tenants: 'all', allowUnknownNames: true })
  const { id } = (await created.json()) as { id: string }
  const hunt = async () =>
    (await (await fetch(`${running.url}/api/v1/hunts/${id}`, { headers: admin })).json()) as {
      finishedAt: string | null
      tenants: { error: { message: string } | null }[]
    }

  let answers = 0
  await expect
    .poll(
      async () => {
        expect((await fetch(running.simulator.origin)).status).toBe(200)
        answers += 1
        return (await hunt()).finishedAt
      },
      { timeout: 120_000, interval: 100 },
    )
    .not.toBeNull()
  const honest = await send('POST', '/hunts', { query: 'DeviceInfo | take 1', tenants: 'all' })

  expect(created.status).toBe(202)
  expect((await hunt()).tenants[0]?.error?.message).toContain('took more resources')
  expect(answers).toBeGreaterThan(4)
  expect(honest.status).toBe(202)
})

test('a server that analyses such a query ends in order when it is told to', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'tenantry-attack-'))
  await chmod(dataDir, 0o755)
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }))
  const settings = {
    TENANTRY_DATA_DIR: dataDir,
    PORT: String(await freePort()),
    TENANTRY_SIMULATOR_PORT: String(await freePort()),
    TENANTRY_SIMULATOR_TENANTS: '2',
  }
  const server = runTenantry(settings)
  onTestFinished(() => server.signal('SIGKILL'))
  await server.wrote('Tenantry is ready at')
  const made = runTenantry(settings, 'src/cli/main.ts', [
    'api-key',
    'create',
    '--name',
    'x',
    '--role',
    'admin',
  ])
  await made.ended
  const key = made.standardOutput().trim().split('\n').at(-1)

  const attack = fetch(`http://127.0.0.1:${settings.PORT}/api/v1/hunts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ query: doublingQuery(), tenants: 'all' }),
  }).catch(() => null)
  // Requests are read in the order in which they come.
  await fetch(`http://127.0.0.1:${settings.PORT}/healthz`)
  server.signal('SIGTERM')

  expect(await server.ended).toBe(0)
  await attack
})
