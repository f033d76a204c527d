import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { readArguments, UsageError, usage } from '../src/arguments.ts'
import { clientId, clientSecret } from './world.ts'

const root = fileURLToPath(new URL('../', import.meta.url))
const program = 'bin/tenantry-simulator.mjs'
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  dependencies: Record<string, string>
  bin: Record<string, string>
}
const folder = mkdtempSync(join(tmpdir(), 'simulator-program-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function run(args: string[], at = root) {
  const child: ChildProcess = spawn(process.execPath, [join(at, program), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let said = ''
  const { promise: ready, resolve, reject } = Promise.withResolvers<string>()
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', data => {
      said += data
      const origin = /listens at (\S+)[\s\S]*__simulator\/tenants/.exec(said)?.[1]
      if (origin) resolve(origin)
    })
  }
  const ended = new Promise<{ code: number | null; said: string }>(done =>
    child.once('close', code => {
      reject(new Error(`it ended with ${code}: ${said}`))
      done({ code, said })
    }),
  )
  ready.catch(() => {})
  return { ready, ended, stop: () => child.kill('SIGTERM') }
}

/** Hunts in the first customer's tenant, as its administrator allowed. */
async function hunt(origin: string): Promise<{ status: number; text: string }> {
  const json = { 'content-type': 'application/json' }
  const { tenants } = (await (await fetch(`${origin}/__simulator/tenants`)).json()) as {
    tenants: { tenantId: string }[]
  }
  const tenant = tenants[0]?.tenantId ?? ''
  const grant = JSON.stringify({ tenant, isOld: true })
  await fetch(`${origin}/__simulator/grant-consent`, { method: 'POST', headers: json, body: grant })
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
    scope: 'https://graph.microsoft.com/.default',
  })
  const token = await fetch(`${origin}/${tenant}/oauth2/v2.0/token`, { method: 'POST', body })
  const { access_token } = (await token.json()) as { access_token: string }
  const answer = await fetch(`${origin}/v1.0/security/runHuntingQuery`, {
    method: 'POST',
    headers: { ...json, authorization: `Bearer ${access_token}` },
    body: JSON.stringify({ Query: 'print Answer = 6 * 7' }),
  })
  return { status: answer.status, text: await answer.text() }
}

test('the command starts the simulator, says how to use it, keeps its state and ends on SIGTERM', async () => {
  const state = join(folder, 'state.json')
  const simulator = run(['--port', '0', '--tenants', '3', '--state', state])

  expect(await hunt(await simulator.ready)).toMatchObject({ status: 200 })
  simulator.stop()
  const { code, said } = await simulator.ended

  expect(code).toBe(0)
  expect(said).toContain(clientId)
  expect(JSON.parse(readFileSync(state, 'utf8'))).toBeTypeOf('object')
})

test('help and wrong use are told apart by the exit code', async () => {
  const [help, unknown, wrong] = await Promise.all([
    run(['--help']).ended,
    run(['--nonsense']).ended,
    run(['--tenants', 'many']).ended,
  ])

  expect(help).toEqual({ code: 0, said: usage })
  expect(unknown.code).toBe(2)
  expect(unknown.said).toContain("'--nonsense'")
  expect(wrong.code).toBe(2)
  expect(wrong.said).toContain('must be a whole number')
})

test('every option that help names is read, and no other', () => {
  const named = [...usage.matchAll(/^ {2}--([a-z-]+) ?(\S+)?/gm)].map(([, name = '', value]) => [name, value])
  const values: Record<string, string> = {
    NUMBER: '3',
    ADDRESS: '127.0.0.1',
    URL: 'https://client.example/callback',
    FILE: 'state.json',
    'P,R': '1,2',
  }
  const args = named
    .filter(([name]) => name !== 'help')
    .map(([name, value = '']) => {
      const choice = { cloud: 'gcc-high', links: 'own' }[name ?? ''] ?? values[value]
      return choice === undefined ? `--${name}` : `--${name}=${choice}`
    })

  expect(readArguments(args)).toEqual({
    port: 3,
    host: '127.0.0.1',
    tenants: 3,
    redirectUris: ['https://client.example/callback'],
    publicUrl: ['https://client.example/callback'],
    frontChannelLogoutUrl: 'https://client.example/callback',
    stateFile: 'state.json',
    propagationMs: { principal: 1, roles: 2 },
    latencyMs: 3,
    cloud: 'gcc-high',
    links: 'own',
    log: true,
  })
  expect(readArguments(['--help'])).toBeNull()
  expect(() => readArguments(['--propagation-ms=1'])).toThrow(UsageError)
})

test('it also runs as an installed package, where Node itself reads no TypeScript', async () => {
  const installed = join(folder, 'node_modules/tenantry-simulator')
  for (const part of ['bin', 'data', 'src', 'package.json'])
    cpSync(join(root, part), join(installed, part), { recursive: true })
  for (const name of Object.keys(manifest.dependencies)) {
    const link = join(folder, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(packageFolder(name), link)
  }

  const simulator = run(['--port', '0', '--tenants', '1'], installed)
  const { status, text } = await hunt(await simulator.ready)
  simulator.stop()

  expect(status).toBe(200)
  expect(text).toContain('42')
  expect(await simulator.ended).toMatchObject({ code: 0 })
})

test('the package lists exactly what its code imports, in the versions of the whole repository', () => {
  const imported = new Set(
    ['src', 'bin'].flatMap(part =>
      readdirSync(join(root, part), { recursive: true, encoding: 'utf8' })
        .filter(file => /\.m?[tj]s$/.test(file))
        .flatMap(file => {
          const text = readFileSync(join(root, part, file), 'utf8')
          const names = text.matchAll(/(?:from|import\(|require\() ?'((?!node:)[a-z@][^']*)'/g)
          return [...names].map(([, name = '']) => /^(@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name)
        }),
    ),
  )
  const whole = JSON.parse(readFileSync(join(root, '../package.json'), 'utf8')).dependencies

  expect([...imported].sort()).toEqual(Object.keys(manifest.dependencies).sort())
  for (const [name, version] of Object.entries(manifest.dependencies)) {
    if (name in whole) expect(`${name} ${version}`).toBe(`${name} ${whole[name]}`)
  }
})

function packageFolder(name: string): string {
  return join(root, '../node_modules', name)
}
