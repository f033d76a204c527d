import { chmod, copyFile, mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startEmbedded } from '../../src/platform/database/embedded.ts'
import { freePort, runCommand, type TenantryProcess } from '../helpers/process.ts'

let dataDir: string
let settings: Record<string, string>
let started: TenantryProcess[]

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tenantry-npm-'))
  await chmod(dataDir, 0o755)
  settings = {
    TENANTRY_DATA_DIR: dataDir,
    PORT: String(await freePort()),
    TENANTRY_SIMULATOR_PORT: String(await freePort()),
  }
  started = []
})

afterEach(async () => {
  for (const command of started) command.signal('SIGKILL')
  // What a failed test left running stops when its starter is gone; its database would not.
  if (await exists(join(dataDir, 'postgres', 'postmaster.pid'))) {
    await startEmbedded(dataDir).then(server => server.stop())
  }
  await rm(dataDir, { recursive: true, force: true })
})

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  )
}

async function isListening(port: string | undefined): Promise<boolean> {
  return await new Promise(done => {
    const socket = connect(Number(port), '127.0.0.1')
    socket.once('connect', () => done(true)).once('error', () => done(false))
    socket.once('connect', () => socket.destroy())
  })
}

async function start(command: string, ...args: string[]): Promise<TenantryProcess> {
  const running = runCommand(settings, command, args)
  started.push(running)
  await running.wrote('Tenantry is ready at')
  return running
}

/** The parts of a running Tenantry that are still there, by name. */
async function whatRuns(): Promise<string[]> {
  const parts: [string, Promise<boolean>][] = [
    ['server', isListening(settings.PORT)],
    ['simulator', isListening(settings.TENANTRY_SIMULATOR_PORT)],
    ['database', exists(join(dataDir, 'postgres', 'postmaster.pid'))],
  ]
  const running = await Promise.all(parts.map(async ([name, runs]) => ((await runs) ? name : '')))
  return running.filter(Boolean)
}

async function nothingRuns(): Promise<void> {
  while ((await whatRuns()).length > 0) await sleep(50)
}

/** What the database said of its own end. */
async function databaseLog(): Promise<string> {
  return await readFile(join(dataDir, 'postgres', 'server.log'), 'utf8')
}

test('SIGTERM to npm alone ends server, simulator and database in order', async () => {
  const npm = await start('npm', 'start')
  const before = await whatRuns()

  npm.signal('SIGTERM')
  const code = await npm.ended

  expect(before).toEqual(['server', 'simulator', 'database'])
  expect(code).toBe(0)
  expect(await whatRuns()).toEqual([])
  expect(await databaseLog()).toContain('database system is shut down')
})

test('npm that is killed takes everything with it', async () => {
  const npm = await start('npm', 'start')

  npm.signal('SIGKILL')
  await npm.ended
  await nothingRuns()

  expect(await databaseLog()).toContain('database system is shut down')
})

test("on another Node than the project's, as at a first start, a signal or a kill ends everything", async () => {
  const machine = await mkdtemp(join(tmpdir(), 'tenantry-node-'))
  const node = join(machine, 'node')
  await copyFile(process.execPath, node)
  try {
    const asked = await start(node, 'scripts/start.mjs')
    asked.signal('SIGTERM')
    const code = await asked.ended
    const left = await whatRuns()

    const killed = await start(node, 'scripts/start.mjs')
    killed.signal('SIGKILL')
    await killed.ended
    await nothingRuns()

    expect(code).toBe(0)
    expect(left).toEqual([])
    expect(await databaseLog()).toContain('database system is shut down')
  } finally {
    await rm(machine, { recursive: true, force: true })
  }
})

test('a process whose parent ends goes on, unless npm is that parent', async () => {
  const other = { ...settings, TENANTRY_DATA_DIR: join(dataDir, 'other') }
  const ports = { PORT: String(await freePort()), TENANTRY_SIMULATOR_PORT: String(await freePort()) }
  const inShell = ['-c', `${process.execPath} scripts/start.mjs & echo pid $!; wait`]
  const service = runCommand(settings, 'sh', inShell)
  const script = runCommand({ ...other, ...ports, npm_lifecycle_event: 'start' }, 'sh', inShell)
  started.push(service, script)

  await Promise.all([service.wrote('Tenantry is ready at'), script.wrote('Tenantry is ready at')])

  service.signal('SIGKILL')
  script.signal('SIGKILL')
  // It looks for its parent every second, as the other would.
  await script.ended
  const running = await whatRuns()
  process.kill(Number(/pid (\d+)/.exec(service.output())?.[1]), 'SIGTERM')
  await service.ended

  expect(running).toEqual(['server', 'simulator', 'database'])
  expect(await whatRuns()).toEqual([])
})

test('a signal while it starts ends it, and what it has started', async () => {
  const npm = runCommand(settings, 'npm', ['start'])
  started.push(npm)
  while (!(await exists(join(dataDir, 'postgres', 'postmaster.pid')))) await sleep(20)

  npm.signal('SIGTERM')
  const code = await npm.ended

  expect(code).toBe(0)
  expect(npm.output()).not.toContain('Tenantry is ready at')
  expect(await whatRuns()).toEqual([])
})
