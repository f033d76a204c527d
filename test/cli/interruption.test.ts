import { chmod, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort, runCommand, runTenantry, type TenantryProcess } from '../helpers/process.ts'

let dataDir: string
let settings: Record<string, string>

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tenantry-interrupted-'))
  await chmod(dataDir, 0o755)
  settings = {
    TENANTRY_DATA_DIR: dataDir,
    PORT: String(await freePort()),
    TENANTRY_SIMULATOR_PORT: String(await freePort()),
  }
})

afterAll(() => rm(dataDir, { recursive: true, force: true }))

/** Whether the database that a command starts when no server runs is there. */
async function databaseRuns(): Promise<boolean> {
  return await stat(join(dataDir, 'postgres', 'postmaster.pid')).then(
    () => true,
    () => false,
  )
}

async function simulatorRuns(): Promise<boolean> {
  return await fetch(`http://127.0.0.1:${settings.TENANTRY_SIMULATOR_PORT}/`).then(
    () => true,
    () => false,
  )
}

test.each(['SIGTERM', 'SIGHUP', 'SIGINT'] as const)(
  '%s ends a command, and the database and simulator that it started',
  async signal => {
    const command: TenantryProcess = runTenantry(settings, 'src/cli/main.ts', ['doctor'])
    while (!(await databaseRuns())) await sleep(20)

    command.signal(signal)
    const code = await command.ended

    expect(code).toBe(1)
    expect(await databaseRuns()).toBe(false)
    expect(await simulatorRuns()).toBe(false)
  },
)

test('a reader that has enough ends a command in order too, and that is no failure', async () => {
  const pipe = `"${process.execPath}" src/cli/main.ts doctor | head -n 1; echo ended`
  const shell = runCommand(settings, 'bash', ['-c', `set -o pipefail; ${pipe} with $?`])

  await shell.ended

  expect(shell.output()).toMatch(/^ok +settings: .+\nended with 0\n/)
  expect(await databaseRuns()).toBe(false)
  expect(await simulatorRuns()).toBe(false)
})
