import { type ChildProcess, spawn } from 'node:child_process'
import { chmod, cp, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ownServer } from '../../../src/platform/database/embedded/own-server.ts'
import { type EmbeddedServer, startEmbedded } from '../../../src/platform/database/embedded.ts'

/** One database for all tests: each leaves it as a crash or a stop does. */
let dataDir: string
const folders: string[] = []
const others: ChildProcess[] = []

beforeAll(async () => {
  dataDir = await makeDataDir()
  const server = await startEmbedded(dataDir)
  await query(server.url, 'create table kept as select 7 as number')
})

afterAll(async () => {
  for (const other of others) other.kill('SIGKILL')
  for (const folder of folders) {
    await startEmbedded(folder).then(server => server.stop())
    await rm(folder, { recursive: true, force: true })
  }
})

async function makeDataDir(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tenantry-postmaster-'))
  await chmod(dataDir, 0o755)
  folders.push(dataDir)
  return dataDir
}

const pidFile = (dataDir: string) => join(dataDir, 'postgres', 'postmaster.pid')

async function postmasterPid(): Promise<number> {
  return Number((await readFile(pidFile(dataDir), 'utf8')).split('\n')[0])
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Ends the server as a crash of the machine does: at once, its pid file stays. */
async function crash(): Promise<void> {
  const pid = await postmasterPid()
  process.kill(pid, 'SIGKILL')
  while (isAlive(pid)) await sleep(10)
}

/** A process of the server's user that has nothing to do with PostgreSQL. */
async function otherProcess(): Promise<number> {
  const { uid, gid } = await stat(join(dataDir, 'postgres'))
  const asServer = process.getuid?.() === 0 ? { uid, gid } : {}
  const other = spawn('sleep', ['900'], { cwd: '/', stdio: 'ignore', ...asServer })
  others.push(other)
  await new Promise(done => other.once('spawn', done))
  return other.pid ?? 0
}

async function replaceFirstLine(line: string | number): Promise<void> {
  const text = await readFile(pidFile(dataDir), 'utf8')
  await writeFile(pidFile(dataDir), text.replace(/^.*/, String(line)))
}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

async function givenCrashed(): Promise<EmbeddedServer> {
  const server = await startEmbedded(dataDir)
  await crash()
  return server
}

test('a pid file whose number another process has now does not keep the server from starting', async () => {
  await givenCrashed()
  const other = await otherProcess()
  await replaceFirstLine(other)

  const server = await startEmbedded(dataDir)

  expect(server.startedHere).toBe(true)
  expect(await query(server.url, 'select number from kept')).toEqual([{ number: 7 }])
  expect(isAlive(other)).toBe(true)
})

test('a server is told to stop only when it is one: the other process lives on', async () => {
  const crashed = await givenCrashed()
  const other = await otherProcess()
  await replaceFirstLine(other)

  await crashed.stop()

  expect(isAlive(other)).toBe(true)
})

test('a pid file that tells of the server of another folder is not believed', async () => {
  await givenCrashed()
  const otherDir = await makeDataDir()
  const other = await startEmbedded(otherDir)
  await cp(pidFile(otherDir), pidFile(dataDir))

  const server = await startEmbedded(dataDir)

  expect(server.url).not.toBe(other.url)
  expect(await query(server.url, 'select number from kept')).toEqual([{ number: 7 }])
  expect(await query(other.url, 'select 1 as one')).toEqual([{ one: 1 }])
})

test.each([
  ['empty', ''],
  ['half-written', 'xy\n'],
])('a pid file that a crash left %s does not keep the server from starting', async (_name, text) => {
  await givenCrashed()
  await writeFile(pidFile(dataDir), text)

  const server = await startEmbedded(dataDir)

  expect(await query(server.url, 'select number from kept')).toEqual([{ number: 7 }])
})

test('a server that recovers from a crash is waited for, not started twice', async () => {
  const crashed = await givenCrashed()

  // One finds nothing and starts it, the others meet it on its way up.
  const servers = await Promise.all([1, 2, 3].map(() => startEmbedded(dataDir)))

  expect(new Set(servers.map(({ url }) => url)).size).toBe(1)
  expect(servers.filter(({ startedHere }) => startedHere)).toHaveLength(1)
  expect(await query(servers[0]?.url ?? crashed.url, 'select number from kept')).toEqual([{ number: 7 }])
})

test('four first starts on one folder at the same moment make one database', async () => {
  const firstDir = await makeDataDir()

  const servers = await Promise.all([1, 2, 3, 4].map(() => startEmbedded(firstDir)))

  expect(new Set(servers.map(({ url }) => url)).size).toBe(1)
  expect(await query(servers[3]?.url ?? '', 'select 1 as one')).toEqual([{ one: 1 }])
})

test('a server that is killed is started again at the same address, by the process that owns it', async () => {
  const warnings: string[] = []
  const server = await ownServer(dataDir, (_facts, message) => warnings.push(message))

  for (let times = 1; times <= 2; times++) {
    await crash()
    await expect.poll(() => warnings).toHaveLength(2 * times)
  }
  const rows = await query(server.migrationUrl ?? '', 'select number from kept')
  await expect(ownServer(dataDir, () => {})).rejects.toThrow('another Tenantry already runs')
  await server.close()

  expect(rows).toEqual([{ number: 7 }])
  expect(warnings[0]).toBe('the embedded PostgreSQL ended, it is started again')
  expect(warnings[1]).toBe('the embedded PostgreSQL runs again')
  await expect(stat(pidFile(dataDir))).rejects.toThrow('ENOENT')
})

test("a log that has grown large is moved away at the server's start", async () => {
  const server = await startEmbedded(dataDir)
  await server.stop()
  const log = join(dataDir, 'postgres', 'server.log')
  await writeFile(log, 'x'.repeat(6_000_000))

  await startEmbedded(dataDir)

  expect((await stat(`${log}.1`)).size).toBe(6_000_000)
  expect(await readFile(log, 'utf8')).toMatch(/ready to accept connections/)
})
