import { chmod, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { startEmbedded } from '../../src/platform/database/embedded.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { freePort, runTenantry, type TenantryProcess } from '../helpers/process.ts'

const started: TenantryProcess[] = []
const folders: string[] = []

afterEach(async () => {
  for (const tenantry of started) tenantry.signal('SIGKILL')
  await Promise.all(started.splice(0).map(({ ended }) => ended))
  for (const folder of folders.splice(0)) {
    await startEmbedded(folder).then(server => server.stop())
    await rm(folder, { recursive: true, force: true })
  }
})

async function installation(): Promise<Record<string, string>> {
  const folder = await temporaryFolder()
  await chmod(folder, 0o755)
  folders.push(folder)
  return {
    TENANTRY_DATA_DIR: folder,
    PORT: String(await freePort()),
    TENANTRY_SIMULATOR_PORT: String(await freePort()),
    TENANTRY_BACKUP_PASSPHRASE: 'correct horse battery staple',
  }
}

async function command(settings: Record<string, string>, ...args: string[]) {
  const run = runTenantry(settings, 'src/cli/main.ts', args)
  return { code: await run.ended, output: run.output() }
}

async function start(settings: Record<string, string>): Promise<TenantryProcess> {
  const tenantry = runTenantry(settings)
  started.push(tenantry)
  await tenantry.wrote('Tenantry is ready at')
  return tenantry
}

test('an installation that is backed up while it runs works in an empty folder, with its keys', async () => {
  const [first, second] = [await installation(), await installation()]
  const file = join(await temporaryFolder(), 'all.backup')
  await start(first)
  const made = await command(first, 'api-key', 'create', '--name', 'kept', '--role', 'admin')
  const authorization = `Bearer ${made.output.trim().split('\n').at(-1)}`
  const invited = await fetch(`http://localhost:${first.PORT}/api/v1/invitations`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ customerName: 'Contoso' }),
  })
  const { joinUrl } = (await invited.json()) as { joinUrl: string }

  const backedUp = await command(first, 'backup', file)
  const brought = await command(second, 'restore', file, '--overwrite', '--json')
  const restored = await start(second)
  const link = `http://localhost:${second.PORT}${new URL(joinUrl).pathname}`
  const [tenants, page] = await Promise.all([
    fetch(`http://localhost:${second.PORT}/api/v1/invitations`, { headers: { authorization } }),
    fetch(link),
  ])

  expect(backedUp).toMatchObject({ code: 0, output: expect.stringContaining('and read them back') })
  expect(brought.code, brought.output).toBe(0)
  expect(JSON.parse(brought.output)).toMatchObject({ audit: { isIntact: true }, mustRestart: false })
  expect(tenants.status).toBe(200)
  expect(((await tenants.json()) as { items: unknown[] }).items).toHaveLength(1)
  expect(page.status).toBe(200)
  expect(await page.text()).toContain('Contoso')
  expect(await readFile(join(second.TENANTRY_DATA_DIR ?? '', 'secret.key'), 'utf8')).toBe(
    await readFile(join(first.TENANTRY_DATA_DIR ?? '', 'secret.key'), 'utf8'),
  )
  expect(restored.output()).not.toContain('error')
})

test('commands say in one line why they cannot', async () => {
  const { TENANTRY_BACKUP_PASSPHRASE: _, ...settings } = await installation()
  const file = join(await temporaryFolder(), 'none.backup')

  const [sealed, missing, migrated] = [
    await command(settings, 'backup', file),
    await command(settings, 'restore', file),
    await command(settings, 'migrate'),
  ]

  expect(sealed).toMatchObject({ code: 1, output: expect.stringContaining('TENANTRY_BACKUP_PASSPHRASE') })
  expect(missing).toMatchObject({ code: 1, output: expect.stringContaining('is not a whole backup') })
  expect(migrated).toMatchObject({ code: 0, output: expect.stringContaining('at this version') })
})
