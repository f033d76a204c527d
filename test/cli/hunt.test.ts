import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { progressLine } from '../../src/cli/progress.ts'
import { type CliStage, startCliStage } from './stage.ts'

let stage: CliStage
let run: CliStage['run']
let customer: CliStage['customer']

beforeAll(async () => {
  stage = await startCliStage()
  ;({ run, customer } = stage)
})

afterAll(() => stage.close())

test('hunt writes rows to standard output and the ledger to standard error', async () => {
  const { code, data, words } = await run(
    'hunt',
    '--query',
    'DeviceInfo | summarize devices = dcount(DeviceId)',
    '--format',
    'csv',
  )

  const [row] = parse(data, { columns: true }) as Record<string, string>[]
  expect(row).toMatchObject({ TenantId: customer.tenantId, TenantName: customer.name })
  expect(Number(row?.devices)).toBeGreaterThan(0)
  expect(words).toContain('1 tenant asked')
  expect(code).toBe(0)
})

test('a query with errors is refused with line and column', async () => {
  const { code, data, words } = await run('hunt', '--query', 'DeviceInfo\n| were true')

  expect(code).toBe(1)
  expect(data).toBe('')
  expect(words).toMatch(/^ {2}2:3 {2}error/m)
})

test.each(['utf-16le', 'utf-16be', 'utf-8'] as const)(
  'a query file is read by its byte order mark: %s',
  async encoding => {
    const folder = await mkdtemp(join(tmpdir(), 'tenantry-query-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    const file = join(folder, 'query.kql')
    const text = '\ufeffDeviceInfo\r\n| summarize devices = dcount(DeviceId)\r\n| extend Sign = "ü"\r\n'
    const bytes = Buffer.from(text, encoding === 'utf-8' ? 'utf8' : 'utf16le')
    await writeFile(file, encoding === 'utf-16be' ? bytes.swap16() : bytes)

    const { code, data, words } = await run('hunt', '--file', file, '--format', 'csv')

    expect(code, words).toBe(0)
    expect(data).toContain('ü')
  },
)

test('hunt --saved runs a query of the library by its name, slug or id, with its parameters', async () => {
  const shown = JSON.parse((await run('queries', 'show', 'operating-systems', '--json')).data)

  for (const name of [shown.id, shown.name.toUpperCase()]) {
    const { code, data } = await run('hunt', '--saved', name, '--format', 'ndjson')

    expect(code).toBe(0)
    for (const line of data.trim().split('\n')) expect(line).toContain(customer.tenantId)
  }
  const filled = await run('hunt', '--saved', 'devices-that-fell-silent', '--param', 'silent=1d', '--json')
  expect(filled.code).toBe(0)
  expect(JSON.parse(filled.data)).toHaveProperty('ledger.asked', 1)

  const hunts = JSON.parse((await run('hunts', '--search', shown.name, '--json')).data)
  expect(hunts).toMatchObject([{ name: shown.name }, { name: shown.name }])
})

test('parameters of a query in a file are filled in as well', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tenantry-query-'))
  const file = join(folder, 'few.kql')
  await writeFile(file, 'declare query_parameters(n: long = 1);\nDeviceInfo | distinct DeviceName | take n')

  const { data } = await run('hunt', '--file', file, '--param', 'n=2', '--format', 'ndjson')
  const missing = await run('hunt', '--file', join(folder, 'other.kql'))
  await rm(folder, { recursive: true })

  expect(data.trim().split('\n')).toHaveLength(2)
  expect(missing).toMatchObject({ code: 1, data: '', words: expect.stringContaining('other.kql') })
})

test('a parameter that is not there, or a value that is none, is named', async () => {
  const unknown = await run('hunt', '--saved', 'password-spray', '--param', 'account=5')
  const wrong = await run('hunt', '--saved', 'password-spray', '--param', 'accounts=five')
  const missing = await run('hunt', '--saved', 'spray')

  expect(unknown).toMatchObject({ code: 1, words: expect.stringContaining('account: the query has no') })
  expect(wrong).toMatchObject({ code: 1, words: expect.stringContaining('accounts: this must be') })
  expect(missing).toMatchObject({ code: 1, words: expect.stringContaining('password-spray') })
})

test('tenants are chosen by domain, and by a tag that somebody has', async () => {
  const query = 'DeviceInfo | distinct DeviceName | take 1'
  const byDomain = await run('hunt', '--query', query, '--tenants', customer.domain, '--format', 'ndjson')
  const unknown = await run('hunt', '--query', query, '--tenants', 'no-such-tenant.example')
  const noTag = await run('hunt', '--query', query, '--tenants', 'tag:nobody')

  expect(byDomain).toMatchObject({ code: 0, data: expect.stringContaining(customer.tenantId) })
  expect(unknown).toMatchObject({ code: 1, words: expect.stringContaining('tenant_not_found') })
  expect(noTag).toMatchObject({ code: 1, words: expect.stringContaining('no tenant has the tag "nobody"') })
})

test('Ctrl+C cancels the hunt, keeps what came and says so; its rows can be fetched later', async () => {
  await stage.simulate('set-latency', { ms: 30_000, service: 'graph' })
  const command = stage.begin('hunt', '--query', 'DeviceInfo | take 1', '--format', 'csv')
  await command.wrote('asks 1 tenant')

  command.signal('SIGINT')
  const code = await command.ended
  await stage.simulate('set-latency', { ms: 0, service: 'graph' })

  expect(code).toBe(1)
  expect(command.standardError()).toContain('The hunt is being canceled; what came is kept.')
  expect(command.standardError()).toContain('1 tenant not asked because the hunt was canceled')
  const id = /Hunt (\S+) asks/.exec(command.standardError())?.[1] ?? ''
  const [listed] = JSON.parse((await run('hunts', '--limit', '1', '--json')).data)
  expect(listed).toMatchObject({ id, status: 'canceled' })
  const again = await run('hunt', '--id', id, '--format', 'csv')
  expect(again).toMatchObject({ code: 1, data: command.standardOutput() })
})

test('a hunt that goes on elsewhere is waited for and its rows are printed', async () => {
  await stage.simulate('set-latency', { ms: 1_000, service: 'graph' })
  const begun = await stage.post('/hunts', { query: 'DeviceInfo | take 3', tenants: 'all' })
  const { id } = (await begun.json()) as { id: string }

  const { code, data } = await run('hunt', '--id', id, '--format', 'csv')
  await stage.simulate('set-latency', { ms: 0, service: 'graph' })
  const unknown = await run('hunt', '--id', 'nonsense')

  expect(code).toBe(0)
  expect(parse(data, { columns: true })).toHaveLength(3)
  expect(unknown).toMatchObject({ code: 1, data: '', words: expect.stringContaining('no such hunt') })
})

test.each([
  [['hunt']],
  [['hunt', '--query', 'DeviceInfo', '--saved', 'password-spray']],
  [['hunt', '--file', 'a.kql', '--query', 'DeviceInfo']],
  [['hunt', '--id', 'x', '--tenants', 'all']],
  [['hunt', '--id', 'x', '--param', 'a=1']],
  [['hunt', '--saved', 'x', '--param', 'a']],
  [['hunt', '--saved', 'x', '--param', 'a=1', '--param', 'a=2']],
  [['hunt', '--query', 'DeviceInfo', '--format', 'xml']],
])('wrong use ends with 2 and says what is wrong: %j', async args => {
  const { code, data, words } = await run(...args)

  expect(code).toBe(2)
  expect(data).toBe('')
  expect(words).toContain('error:')
})

test('the bar says how many answered, failed and wait', () => {
  const counts = { total: 40, queued: 5, running: 3, waiting: 2, succeeded: 30, failed: 2, canceled: 0 }

  expect(progressLine({ counts, rowCount: 12_345 })).toBe(
    `${'█'.repeat(24)}${'░'.repeat(6)} 32/40 tenants, 12,345 rows, 2 failed, 2 waiting`,
  )

  expect(
    progressLine({ counts, rowCount: 1 }, [{ name: 'Fabrikam' }, { name: 'Tail\u001b[2Jspin' }]),
  ).toMatch(/2 waiting, missing: Fabrikam, Tail \[2Jspin$/)
})
