import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { temporaryFolder } from '../helpers/folder.ts'
import { type CliStage, startCliStage } from './stage.ts'

let stage: CliStage

beforeAll(async () => {
  stage = await startCliStage({ TENANTRY_TWO_PERSON: 'tenant.offboard', TENANTRY_ENCRYPT: 'results' })
})

afterAll(() => stage?.close())

const lines = (data: string) => data.trim().split('\n')

test('what waits for a second person is listed, rejected, asked for again and approved', async () => {
  const { customer, run, call } = stage
  const ask = async () => (await (await call('DELETE', `/tenants/${customer.tenantId}`)).json()).id as string
  const isThere = async () => (await call('GET', `/tenants/${customer.tenantId}`)).status === 200

  const first = await ask()
  const listed = await run('approvals')
  const rejected = await run('reject', first, '--comment', 'not now')
  const again = await run('approve', first)
  expect(listed).toMatchObject({ code: 0, data: expect.stringContaining(first) })
  expect(listed.data).toContain(`Offboard ${customer.name}`)
  expect(rejected).toMatchObject({ code: 0, words: expect.stringContaining('rejected: Offboard') })
  expect(again).toMatchObject({ code: 1, words: expect.stringContaining('conflict: ') })
  expect(await isThere()).toBe(true)

  const second = await ask()
  const approved = await run('approve', second, '--json')
  expect(JSON.parse(approved.data)).toMatchObject({ id: second, status: 'done', decidedBy: 'command line' })
  expect(await isThere()).toBe(false)

  const all = await run('approvals', '--all', '--json')
  expect(JSON.parse(all.data)).toMatchObject([
    { id: second, status: 'done' },
    { id: first, status: 'rejected', comment: 'not now' },
  ])
})

test('an approval that is not there is an error, and nothing waiting is said', async () => {
  const unknown = await stage.run('reject', '00000000-0000-4000-8000-000000000000')
  const none = await stage.run('approvals')

  expect(unknown).toMatchObject({ code: 1, words: expect.stringContaining('not_found: ') })
  expect(none).toMatchObject({
    code: 0,
    data: '',
    words: expect.stringContaining('No requests are waiting.'),
  })
})

test('the audit verifies, and heads that are not ours end the command with 1', async () => {
  const folder = await temporaryFolder()
  const forged = join(folder, 'forged.jsonl')
  const head = { id: '1', hash: 'f'.repeat(64), at: '2026-11-29T08:00:00.000Z', seal: '0'.repeat(64) }
  await writeFile(forged, `${JSON.stringify(head)}\n`)

  const intact = await stage.run('audit', 'verify', '--json')
  const broken = await stage.run('audit', 'verify', '--anchors', forged)
  const nothing = await stage.run('audit', 'acknowledge-restore', '--reason', 'no restore at all')
  const missing = await stage.run('audit', 'verify', '--anchors', join(folder, 'nowhere.jsonl'))

  expect(intact.code).toBe(0)
  expect(JSON.parse(intact.data)).toMatchObject({ intact: true, firstBroken: null })
  expect(JSON.parse(intact.data).anchors).toBeGreaterThan(0)
  expect(broken).toMatchObject({ code: 1, words: expect.stringContaining('anchor_forged') })
  expect(nothing).toMatchObject({ code: 1, words: expect.stringContaining('there is no restore') })
  expect(missing).toMatchObject({ code: 2, words: expect.stringContaining('There is no such file') })
})

test('events are exported by filter, each as a line, and a filter that cannot be is wrong use', async () => {
  const filters = ['--actor', 'command line', '--action', 'api-key.created']

  const ndjson = await stage.run('audit', 'export', ...filters)
  const csv = await stage.run('audit', 'export', '--format', 'csv', ...filters)
  const none = await stage.run('audit', 'export', '--until', '2020-01-01T00:00:00Z')
  const tenant = await stage.run('audit', 'export', '--tenant', "' OR 1=1 --")

  expect(lines(ndjson.data).map(line => JSON.parse(line))).toMatchObject([
    { action: 'api-key.created', actor: { label: 'command line' }, result: 'ok' },
  ])
  expect(lines(csv.data)).toHaveLength(2)
  expect(csv.data).toMatch(/^id,at,actorKind,/)
  expect(none).toMatchObject({ code: 0, data: '' })
  expect(tenant).toMatchObject({ code: 2, data: '', words: expect.stringContaining('id of a tenant') })
})

test('a new key seals from then on, the one before is gone, and the server reads on', async () => {
  const first = await stage.run('key', 'rotate', '--json')
  const second = await stage.run('key', 'rotate')

  const { keyId } = JSON.parse(first.data)
  expect(JSON.parse(first.data)).toMatchObject({ isResumed: false, broken: 0 })
  expect(second).toMatchObject({ code: 0, words: expect.stringContaining('A new key seals from now on') })
  expect(second.words).not.toContain(`now on: ${keyId}`)
  expect((await stage.call('GET', '/tenants')).status).toBe(200)
})
