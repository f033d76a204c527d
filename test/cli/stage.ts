import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, runTenantry, type TenantryProcess } from '../helpers/process.ts'

/** What a command ended with: its exit code, standard output and standard error. */
export type Ended = { code: number | null; data: string; words: string }

/** A running server with one connected customer, and the command line beside it. */
export type CliStage = {
  customer: { tenantId: string; domain: string; name: string }
  /** Runs a command to its end. */
  run(...args: string[]): Promise<Ended>
  /** Starts a command, for those that look at it while it runs. */
  begin(...args: string[]): TenantryProcess
  /** A call of the JSON API as an administrator. */
  post(path: string, body: object): Promise<Response>
  /** A call of the JSON API that sends nothing. */
  call(method: 'GET' | 'DELETE', path: string): Promise<Response>
  /** Steers the simulator. */
  simulate(operation: string, body: object): Promise<void>
  close(): Promise<void>
}

/** @param more settings of the server and of every command */
export async function startCliStage(more: Record<string, string> = {}): Promise<CliStage> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tenantry-cli-'))
  await chmod(dataDir, 0o755)
  const settings = {
    TENANTRY_DATA_DIR: dataDir,
    PORT: String(await freePort()),
    TENANTRY_SIMULATOR_PORT: String(await freePort()),
    TENANTRY_SIMULATOR_TENANTS: '3',
    ...more,
  }
  const server = runTenantry(settings)
  await server.wrote('Tenantry is ready at')
  const simulator = `http://127.0.0.1:${settings.TENANTRY_SIMULATOR_PORT}/__simulator`

  const begin = (...args: string[]) => runTenantry(settings, 'src/cli/main.ts', args)
  async function run(...args: string[]): Promise<Ended> {
    const command = begin(...args)
    const code = await command.ended
    return { code, data: command.standardOutput(), words: command.standardError() }
  }

  const { data: key } = await run('api-key', 'create', '--name', 'setup', '--role', 'admin')
  const post = (path: string, body: object) =>
    fetch(`http://localhost:${settings.PORT}/api/v1${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key.trim()}` },
      body: JSON.stringify(body),
    })
  const call = (method: string, path: string) =>
    fetch(`http://localhost:${settings.PORT}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${key.trim()}` },
    })
  async function simulate(operation: string, body: object): Promise<void> {
    const answer = await fetch(`${simulator}/${operation}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    if (!answer.ok) throw new Error(await answer.text())
  }

  const { tenants } = (await (await fetch(`${simulator}/tenants`)).json()) as {
    tenants: CliStage['customer'][]
  }
  const [customer] = tenants
  if (!customer) throw new Error('the simulator has no customers')
  await simulate('set-propagation', { principal: 0, roles: 0 })
  await simulate('grant-consent', { tenant: customer.tenantId })
  const connected = await post('/tenants', { tenant: customer.domain, name: customer.name })
  if (connected.status !== 201) throw new Error(await connected.text())

  return {
    customer,
    run,
    begin,
    post,
    call,
    simulate,
    async close() {
      server.signal('SIGTERM')
      await server.ended
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
