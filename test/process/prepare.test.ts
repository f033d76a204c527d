import { spawn } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
let checkout: string

beforeEach(async () => {
  checkout = await mkdtemp(join(tmpdir(), 'tenantry-checkout-'))
  for (const path of ['scripts', 'prisma', 'prisma.config.ts', 'package.json', 'package-lock.json']) {
    await cp(join(root, path), join(checkout, path), { recursive: true })
  }
  await symlink(join(root, 'node_modules'), join(checkout, 'node_modules'))
})

afterEach(async () => {
  await rm(checkout, { recursive: true, force: true })
})

/** Prepares the checkout in a process of its own, as every start does first. */
async function prepare(): Promise<{ code: number | null; output: string }> {
  const program = "import('./scripts/prepare.mjs').then(({ prepare }) => prepare())"
  const child = spawn(process.execPath, ['-e', program], { cwd: checkout, stdio: 'pipe' })
  let output = ''
  child.stdout.on('data', chunk => (output += chunk))
  child.stderr.on('data', chunk => (output += chunk))
  const code = await new Promise<number | null>(done => child.once('close', done))
  return { code, output }
}

const generatedClient = () => join(checkout, 'src/generated/prisma/client.ts')
const lockFolder = () => join(checkout, 'src/generated/.preparing')

test('of four processes that start at once one generates the client, the others wait', async () => {
  const results = await Promise.all([prepare(), prepare(), prepare(), prepare()])

  expect(results.map(({ code }) => code)).toEqual([0, 0, 0, 0])
  const waited = results.filter(({ output }) => output.includes('Waiting for another process'))
  expect(waited).toHaveLength(3)
  expect(await readFile(generatedClient(), 'utf8')).toContain('PrismaClient')
  await expect(stat(lockFolder())).rejects.toThrow('ENOENT')
})

test('a prepared checkout is left as it is, without a lock', async () => {
  await prepare()
  const before = await stat(generatedClient())
  await mkdir(lockFolder())

  const again = await prepare()

  expect(again).toEqual({ code: 0, output: '' })
  expect((await stat(generatedClient())).mtimeMs).toBe(before.mtimeMs)
})

test('what a process that was killed has left is taken over', async () => {
  const killed = spawn(process.execPath, ['-e', ''])
  await new Promise(done => killed.once('close', done))
  await mkdir(lockFolder(), { recursive: true })
  await writeFile(
    join(lockFolder(), 'owner.json'),
    JSON.stringify({ host: hostname(), pid: killed.pid, at: 0 }),
  )

  const prepared = await prepare()

  expect(prepared.code).toBe(0)
  expect(await readFile(generatedClient(), 'utf8')).toContain('PrismaClient')
})

test('what a process of another machine has left is taken over once it stands still', async () => {
  await mkdir(lockFolder(), { recursive: true })
  const owner = { host: 'another.example', pid: process.pid, at: 0 }
  await writeFile(join(lockFolder(), 'owner.json'), JSON.stringify(owner))

  const prepared = await prepare()

  expect(prepared.code).toBe(0)
  expect(prepared.output).toContain('Waiting for another process')
  expect(await readFile(generatedClient(), 'utf8')).toContain('PrismaClient')
})
