import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startSimulator } from '../src/index.ts'
import { askToken, claimsOf, givenCustomer, givenSimulator, publicUrl } from './world.ts'

async function givenStateFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'simulator-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return join(folder, 'inner', 'world.json')
}

const atOnce = { publicUrl, propagationMs: { principal: 0, roles: 0 } }

test('consents, changes, secrets, clock and epoch outlive a restart', async () => {
  const stateFile = await givenStateFile()
  const first = await startSimulator({ ...atOnce, stateFile })
  const { tenantId } = givenCustomer(first)
  first.control.grantConsent(tenantId)
  first.control.addSecret('renewed', new Date(Date.now() + 30 * 86_400_000))
  first.control.advanceClock(86_400_000)
  first.world.overlay.set(tenantId, 'incident', '7', { status: 'resolved' })
  const { epoch } = first.world
  await first.close()

  const second = await givenSimulator({ stateFile })
  const { body } = await askToken(second, tenantId, { client_secret: 'renewed' })

  expect(claimsOf(body.access_token).roles).toContain('ThreatHunting.Read.All')
  expect(second.world.epoch).toEqual(epoch)
  expect(second.world.now().getTime()).toBeGreaterThan(Date.now() + 86_000_000)
  expect(second.world.overlay.get(tenantId, 'incident', '7')).toEqual({ status: 'resolved' })
  expect([...second.world.overlay.entries(tenantId, 'incident')]).toEqual([['7', { status: 'resolved' }]])
})

test('changes are written soon, without being asked', async () => {
  const stateFile = await givenStateFile()
  const simulator = await givenSimulator({ stateFile })
  const { tenantId } = givenCustomer(simulator)

  simulator.control.grantConsent(tenantId)

  await expect.poll(() => readFile(stateFile, 'utf8').catch(() => '')).toContain(tenantId)
})

test('an unreadable state is refused with the remedy', async () => {
  const stateFile = (await givenStateFile()).replace('/inner', '')
  await writeFile(stateFile, '{"version":7}')

  await expect(startSimulator({ ...atOnce, stateFile })).rejects.toThrow(/Delete the file/)
})

test('a port that is taken is named', async () => {
  const { port } = new URL((await givenSimulator()).origin)

  await expect(startSimulator({ ...atOnce, port: Number(port) })).rejects.toThrow(
    `The simulator cannot listen on 127.0.0.1:${port}: another program uses that port.`,
  )
})

function forkSimulator(...args: string[]) {
  const usual = ['--port=0', `--public-url=${publicUrl}`, '--propagation-ms=0,0']
  const child = fork(new URL('../bin/tenantry-simulator.mjs', import.meta.url), [...usual, ...args])
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  return child
}

test('as a child process it says when it is ready, and ends saved when the parent lets go', async () => {
  const stateFile = await givenStateFile()
  const child = forkSimulator(`--state=${stateFile}`)
  const [message] = await once(child, 'message')

  const response = await fetch(message.origin)
  child.disconnect()
  const [code] = await once(child, 'exit')

  expect(message).toEqual({ type: 'ready', origin: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) })
  expect(response.status).toBe(200)
  expect(code).toBe(0)
  expect(await readFile(stateFile, 'utf8')).toContain('"epoch"')
})

test('as a child process it ends on SIGTERM', async () => {
  const child = forkSimulator()
  await once(child, 'message')

  child.kill('SIGTERM')

  expect(await once(child, 'exit')).toEqual([0, null])
})

test('as a child process it says why it failed', async () => {
  const blocker = createServer().listen(0, '127.0.0.1')
  await once(blocker, 'listening')
  onTestFinished(() => {
    blocker.close()
  })
  const address = blocker.address()
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0
  const child = forkSimulator(`--port=${port}`)

  const [message] = await once(child, 'message')
  const [code] = await once(child, 'exit')

  expect(message).toEqual({
    type: 'failed',
    message: expect.stringContaining('another program uses that port'),
  })
  expect(code).toBe(1)
})
