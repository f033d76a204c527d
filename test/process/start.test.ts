import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startEmbedded } from '../../src/platform/database/embedded.ts'
import { freePort, runTenantry, type TenantryProcess } from '../helpers/process.ts'

let dataDir: string
let settings: Record<string, string>
let started: TenantryProcess[]

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tenantry-start-'))
  await chmod(dataDir, 0o755)
  settings = {
    TENANTRY_DATA_DIR: dataDir,
    PORT: String(await freePort()),
    TENANTRY_SIMULATOR_PORT: String(await freePort()),
  }
  started = []
})

afterEach(async () => {
  for (const tenantry of started) tenantry.signal('SIGKILL')
  await Promise.all(started.map(({ ended }) => ended))
  // A server left running by a killed process is adopted and stopped.
  await startEmbedded(dataDir).then(server => server.stop())
  await rm(dataDir, { recursive: true, force: true })
})

function start(more: Record<string, string> = {}): TenantryProcess {
  const tenantry = runTenantry({ ...settings, ...more })
  started.push(tenantry)
  return tenantry
}

async function command(...args: string[]): Promise<{ code: number | null; output: string }> {
  const run = runTenantry(settings, 'src/cli/main.ts', args)
  return { code: await run.ended, output: run.output() }
}

async function get(path: string): Promise<{ status: number; body: unknown }> {
  const answer = await fetch(`http://localhost:${settings.PORT}${path}`)
  return { status: answer.status, body: await answer.json() }
}

test('it starts from nothing, says where it is and how to sign in, and ends cleanly', async () => {
  const tenantry = start()
  await tenantry.wrote('Tenantry is ready at')

  const health = await get('/healthz')
  const readiness = await get('/readyz')
  tenantry.signal('SIGTERM')
  const code = await tenantry.ended

  expect(health.status).toBe(200)
  expect(readiness).toEqual({ status: 200, body: { status: 'ready', missing: [] } })
  expect(tenantry.output()).toContain(`Tenantry is ready at http://localhost:${settings.PORT}`)
  expect(tenantry.output()).toContain('admin@partner.example')
  expect(code).toBe(0)
})

test('a start after SIGKILL adopts the database that was left running and keeps the data', async () => {
  const first = start()
  await first.wrote('Tenantry is ready at')
  const made = await command('api-key', 'create', '--name', 'kept', '--role', 'reader')
  const key = made.output.trim().split('\n').at(-1)
  first.signal('SIGKILL')
  await first.ended

  const second = start()
  await second.wrote('Tenantry is ready at')
  const answer = await fetch(`http://localhost:${settings.PORT}/api/v1/tenants`, {
    headers: { authorization: `Bearer ${key}` },
  })

  expect(made.code).toBe(0)
  expect(answer.status).toBe(200)
})

test('a second process on the same data folder says so and leaves the first alone', async () => {
  const first = start()
  await first.wrote('Tenantry is ready at')

  const second = start({ PORT: String(await freePort()), TENANTRY_SIMULATOR_PORT: String(await freePort()) })
  const code = await second.ended

  expect(code).toBe(1)
  expect(second.output()).toContain('another Tenantry already runs on the data folder')
  expect((await get('/readyz')).status).toBe(200)
})

test('the command line works while the server runs, and without it', async () => {
  const tenantry = start()
  await tenantry.wrote('Tenantry is ready at')
  const beside = await command('tenants', '--json')
  tenantry.signal('SIGINT')
  await tenantry.ended

  const alone = await command('tenants', '--json')

  expect(beside).toMatchObject({ code: 0, output: '[]\n' })
  expect(alone).toMatchObject({ code: 0, output: '[]\n' })
})

test('every problem with the settings is one line with its remedy, and no secret is shown', async () => {
  const tenantry = start({
    TENANTRY_CLOUD: 'global',
    TENANTRY_CLIENT_ID: 'not-a-guid',
    TENANTRY_CLIENT_SECRET: 'do-not-show-me',
    TENANTRY_PUBLIC_URL: 'http://console.partner.example',
    TENANTRY_REQUIRED_ROLES: 'nonsense',
    DATABASE_URL: 'mysql://user:do-not-show-me@localhost/db',
  })

  const code = await tenantry.ended

  expect(code).toBe(1)
  for (const name of ['CLIENT_ID', 'PARTNER_TENANT_ID', 'PUBLIC_URL', 'REQUIRED_ROLES']) {
    expect(tenantry.output()).toMatch(new RegExp(`TENANTRY_${name}: .+ Remedy: .+`))
  }
  expect(tenantry.output()).toMatch(/DATABASE_URL: .+ Remedy: /)
  expect(tenantry.output()).not.toContain('do-not-show-me')
})

test('a port in use stops the start with the remedy', async () => {
  const first = start()
  await first.wrote('Tenantry is ready at')

  const other = await mkdtemp(join(tmpdir(), 'tenantry-other-'))
  await chmod(other, 0o755)
  const second = start({ TENANTRY_DATA_DIR: other, TENANTRY_SIMULATOR_PORT: String(await freePort()) })
  const code = await second.ended
  await rm(other, { recursive: true, force: true })

  expect(code).toBe(1)
  expect(second.output()).toContain(`port ${settings.PORT} on 127.0.0.1 is in use`)
})
