import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort, runTenantry, type TenantryProcess } from '../helpers/process.ts'

let dataDir: string
let settings: Record<string, string>
let server: TenantryProcess
let customer: { tenantId: string; domain: string; name: string }

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tenantry-cli-'))
  await chmod(dataDir, 0o755)
  settings = {
    TENANTRY_DATA_DIR: dataDir,
    PORT: String(await freePort()),
    TENANTRY_SIMULATOR_PORT: String(await freePort()),
    TENANTRY_SIMULATOR_TENANTS: '3',
  }
  server = runTenantry(settings)
  await server.wrote('Tenantry is ready at')
  customer = await connectCustomer()
})

afterAll(async () => {
  server.signal('SIGTERM')
  await server.ended
  await rm(dataDir, { recursive: true, force: true })
})

/** A customer of the simulator that consented elsewhere, connected through the API. */
async function connectCustomer(): Promise<typeof customer> {
  const simulator = `http://127.0.0.1:${settings.TENANTRY_SIMULATOR_PORT}/__simulator`
  const { tenants } = (await (await fetch(`${simulator}/tenants`)).json()) as { tenants: (typeof customer)[] }
  const [first] = tenants
  if (!first) throw new Error('the simulator has no customers')
  const post = (url: string, body: object, headers = {}) =>
    fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
  await post(`${simulator}/set-propagation`, { principal: 0, roles: 0 })
  await post(`${simulator}/grant-consent`, { tenant: first.tenantId })
  const { data: key } = await run('api-key', 'create', '--name', 'setup', '--role', 'admin')
  const answer = await post(
    `http://localhost:${settings.PORT}/api/v1/tenants`,
    { tenant: first.domain, name: first.name },
    { authorization: `Bearer ${key.trim().split('\n').at(-1)}` },
  )
  if (answer.status !== 201) throw new Error(await answer.text())
  return first
}

async function run(...args: string[]): Promise<{ code: number | null; data: string; words: string }> {
  const command = runTenantry(settings, 'src/cli/main.ts', args)
  const code = await command.ended
  return { code, data: command.standardOutput(), words: command.standardError() }
}

test('doctor finds everything in order, the named tenant included', async () => {
  const { code, data } = await run('doctor', '--tenant', customer.domain, '--json')

  const findings = JSON.parse(data) as { check: string; outcome: string }[]
  expect(findings.filter(({ outcome }) => outcome !== 'ok')).toEqual([])
  expect(findings.map(({ check }) => check)).toEqual(
    expect.arrayContaining([
      'database',
      'migrations',
      'queue',
      'clock',
      'redirect URI /consent/proof',
      `tenant ${customer.domain}`,
    ]),
  )
  expect(code).toBe(0)
})

test('api-key create prints the key alone on the last line, and words elsewhere', async () => {
  const { code, data, words } = await run('api-key', 'create', '--name', 'ticket system', '--role', 'reader')

  expect(data).toMatch(/^tnt_[\w-]{43}\n$/)
  expect(words).toContain('ticket system')
  expect(code).toBe(0)
})

test('invite prints a link, and names what is wrong with a tenant', async () => {
  const made = await run('invite', '--customer', 'Larkfield', '--hours', '24')
  const refused = await run('invite', '--customer', 'Larkfield', '--tenant', 'no-such-tenant.example')

  expect(made).toMatchObject({
    code: 0,
    data: expect.stringMatching(/^http:\/\/localhost:\d+\/join\/[\w-]{43}\n$/),
  })
  expect(refused).toMatchObject({ code: 1, data: '', words: expect.stringContaining('tenant_not_found') })
})

test('tenants, verify and token speak of the connected tenant', async () => {
  const listed = await run('tenants', '--json')
  const verified = await run('verify', customer.domain, '--json')
  const decoded = await run('token', customer.tenantId, '--resource', 'endpoint', '--decode')

  expect(JSON.parse(listed.data)).toMatchObject([{ tenantId: customer.tenantId, status: 'connected' }])
  expect(JSON.parse(verified.data)).toMatchObject({ tenantId: customer.tenantId, status: 'connected' })
  expect(JSON.parse(decoded.data)).toMatchObject({ claims: { tid: customer.tenantId } })
})

test('incidents lists what the tenant’s Defender has, as a table or JSON', async () => {
  const table = await run('incidents', '--tenant', customer.domain, '--limit', '3')
  const json = await run('incidents', '--tenant', customer.tenantId, '--severity', 'high', '--json')
  const future = await run('incidents', '--tenant', customer.tenantId, '--updated-since', '2999-01-01')

  expect(table).toMatchObject({ code: 0, data: expect.stringMatching(/^INCIDENT +SEVERITY +STATUS/) })
  expect(table.data.trim().split('\n')).toHaveLength(4)
  const incidents = JSON.parse(json.data) as { tenantId: string; severity: string; id: string }[]
  expect(incidents.length).toBeGreaterThan(0)
  for (const { tenantId, severity, id } of incidents) {
    expect([tenantId, severity]).toEqual([customer.tenantId, 'high'])
    expect(id).toMatch(new RegExp(`^${tenantId}:\\d+$`))
  }
  expect(future).toMatchObject({ code: 0, data: '', words: expect.stringContaining('No incidents fit.') })
})

test('incidents tells wrong use from a tenant that is not there', async () => {
  const withoutTenant = await run('incidents')
  const badStatus = await run('incidents', '--tenant', customer.tenantId, '--status', 'open')
  const badTime = await run('incidents', '--tenant', customer.tenantId, '--updated-since', 'yesterday')
  const unknown = await run('incidents', '--tenant', 'no-such-tenant.example')

  expect([withoutTenant.code, badStatus.code, badTime.code, unknown.code]).toEqual([2, 2, 2, 1])
  expect(unknown.words).toContain('tenant_not_found')
})

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

test.each([
  [['hunt']],
  [['nonsense']],
  [['api-key', 'create', '--name', 'x', '--role', 'god']],
  [['invite', '--customer', 'x', '--hours', 'soon']],
])('wrong use ends with 2 and says how to use it: %j', async args => {
  const { code, data, words } = await run(...args)

  expect(code).toBe(2)
  expect(data).toBe('')
  expect(words).toContain('error:')
})
