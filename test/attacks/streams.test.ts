import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { systemActor } from '../../src/tenants/actor.ts'
import { acceptsEvents } from '../../src/web/plugins/answers/event-streams.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { administrator, customersOf } from '../helpers/customers.ts'
import { signedIn } from '../helpers/staff.ts'

let running: RunningApp
/** Nobody works here: it stays queued, and its streams open. */
let huntId: string

beforeAll(async () => {
  running = await startApp({ work: false })
  const { tenantId } = await customersOf(running).connected()
  const hunt = await running.services.hunts.create(administrator, {
    query: 'DeviceInfo | take 3',
    tenants: [tenantId],
  })
  huntId = hunt.id
})

afterAll(() => running?.close())

type Stream = { status: number; headers: Headers; isOver(): boolean; close(): void }

/** Opens the stream and reads until the first event. */
async function open(path: string, headers: Record<string, string>): Promise<Stream> {
  const closing = new AbortController()
  const answer = await fetch(running.url + path, {
    headers: { accept: 'text/event-stream', ...headers },
    signal: closing.signal,
  })
  let isOver = false
  const reader = answer.body?.getReader()
  if (answer.status === 200) await reader?.read()
  void (async () => {
    while (!(await reader?.read())?.done);
  })()
    .catch(() => {})
    .finally(() => {
      isOver = true
    })
  onTestFinished(() => closing.abort())
  return {
    status: answer.status,
    headers: answer.headers,
    isOver: () => isOver,
    close: () => closing.abort(),
  }
}

const inApi = () => `/api/v1/hunts/${huntId}/events`
const onPage = () => `/hunts/${huntId}/events`

async function newKey(tags: string[] = []): Promise<{ id: string; authorization: string }> {
  const { key, view } = await running.services.apiKeys.create(systemActor, {
    name: 'follower',
    role: 'reader',
    tenants: tags.length > 0 ? { tags, ids: [] } : 'all',
  })
  return { id: view.id, authorization: `Bearer ${key}` }
}

async function newSession(username = 'reader@partner.example') {
  const staff = await signedIn(running, username)
  const cookie = [...staff.cookies(running.url)].map(([name, value]) => `${name}=${value}`).join('; ')
  const row = await running.database.db.session.findFirstOrThrow({ orderBy: { expiresAt: 'desc' } })
  return { staff, cookie, row }
}

const soon = { interval: 50 }

test('a stream does not outlive the key that opened it', async () => {
  const [kept, revoked] = [await newKey(), await newKey()]
  const [staying, ending] = [await open(inApi(), kept), await open(inApi(), revoked)]

  await running.services.apiKeys.revoke(systemActor, revoked.id)

  await expect.poll(ending.isOver, soon).toBe(true)
  expect(staying.isOver()).toBe(false)
  expect((await open(inApi(), revoked)).status).toBe(401)
})

test('a stream ends with the session that opened it: signed out here, at Entra, or too old', async () => {
  for (const end of [
    async ({ staff }: Awaited<ReturnType<typeof newSession>>) => staff.send('/sign-out', '/sign-out'),
    async ({ row }: Awaited<ReturnType<typeof newSession>>) =>
      fetch(`${running.url}/auth/front-channel-sign-out?sid=${row.entraSid}`),
    async ({ row }: Awaited<ReturnType<typeof newSession>>) =>
      running.database.db.session.update({
        where: { idHash: row.idHash },
        data: { expiresAt: new Date(Date.now() - 1000) },
      }),
  ]) {
    const session = await newSession()
    const stream = await open(onPage(), { cookie: session.cookie })
    expect(stream.status).toBe(200)

    await end(session)

    await expect.poll(stream.isOver, soon).toBe(true)
  }
})

test('a stream ends when its reader may see less than when it began', async () => {
  const { cookie, row } = await newSession()
  const stream = await open(onPage(), { cookie })

  await running.services.members.limit(systemActor, row.objectId ?? '', { tags: ['elsewhere'], ids: [] })

  await expect.poll(stream.isOver, soon).toBe(true)
  expect((await open(onPage(), { cookie })).status).toBe(404)
  await running.services.members.limit(systemActor, row.objectId ?? '', 'all')
})

test('one key cannot hold streams without end, and takes none from others', async () => {
  const [greedy, other] = [await newKey(), await newKey()]
  const streams = await Promise.all(Array.from({ length: 20 }, () => open(inApi(), greedy)))
  expect(streams.map(({ status }) => status)).toEqual(Array(20).fill(200))

  const tooMany = await open(inApi(), greedy)
  expect(tooMany.status).toBe(429)
  expect(Number(tooMany.headers.get('retry-after'))).toBeGreaterThan(0)
  expect((await open(inApi(), other)).status).toBe(200)

  streams[0]?.close()
  await expect.poll(async () => (await open(inApi(), greedy)).status, soon).toBe(200)
})

test('many keys together cannot either: the server says when it is full, and recovers', async () => {
  const keys = await Promise.all(Array.from({ length: 16 }, () => newKey()))
  const streams = await Promise.all(keys.flatMap(key => Array.from({ length: 19 }, () => open(inApi(), key))))

  const full = streams.filter(({ status }) => status === 503)
  expect(full.length).toBeGreaterThan(0)
  expect(streams.filter(({ status }) => status === 200).length).toBeGreaterThan(250)
  expect(Number(full[0]?.headers.get('retry-after'))).toBeGreaterThan(0)

  for (const stream of streams) stream.close()
  const late = await newKey()
  await expect.poll(async () => (await open(inApi(), late)).status, soon).toBe(200)
})

test('whoever takes no event stream is told so, or that there is no such hunt', async () => {
  const key = await newKey()
  const { cookie } = await newSession()
  const missing = '00000000-0000-4000-8000-00000000dead'
  const accept = 'application/json'

  const api = await fetch(running.url + inApi(), { headers: { ...key, accept } })
  const page = await fetch(running.url + onPage(), { headers: { cookie, accept } })
  const unknown = await fetch(`${running.url}/api/v1/hunts/${missing}/events`, { headers: key })

  expect(api.status).toBe(406)
  expect(await api.json()).toMatchObject({ code: 'not_acceptable', status: 406 })
  expect(page.status).toBe(406)
  expect(unknown.status).toBe(404)
})

test.each([
  ['', true],
  ['*/*', true],
  ['text/event-stream', true],
  ['text/html, text/*;q=0.5', true],
  ['application/json', false],
  ['*/*, text/event-stream;q=0', false],
  ['text/*;q=0.0, */*', false],
  ['text/event-stream ; q=0.1 , */*;q=0', true],
  [',,;', true],
])('Accept "%s" takes an event stream: %s', (accept, expected) => {
  expect(acceptsEvents(accept)).toBe(expected)
})
