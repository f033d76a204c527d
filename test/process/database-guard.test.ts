import { existsSync } from 'node:fs'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { runCommand } from '../helpers/process.ts'

/** Starts a database as the global set-up does, and stays. */
const runner = `
import { guardDatabase } from ${JSON.stringify(fileURLToPath(new URL('../helpers/guard-database.ts', import.meta.url)))}
import { startEmbedded } from ${JSON.stringify(fileURLToPath(new URL('../../src/platform/database/embedded.ts', import.meta.url)))}
guardDatabase(process.env.TEST_DATA_DIR)
await startEmbedded(process.env.TEST_DATA_DIR)
console.log('the database runs')
setInterval(() => {}, 1000)`

test('a test run that is killed leaves no database behind, neither its process nor its folder', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'tenantry-guard-'))
  await chmod(dataDir, 0o755)
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }))
  const run = runCommand({ TEST_DATA_DIR: dataDir }, process.execPath, ['--input-type=module', '-e', runner])
  await run.wrote('the database runs')
  const pid = Number((await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0])

  run.signal('SIGKILL')
  await run.ended
  while (existsSync(dataDir)) await sleep(50)

  expect(pid).toBeGreaterThan(1)
  expect(existsSync(`/proc/${pid}`)).toBe(false)
})
