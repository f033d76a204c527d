import { chmod } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { startEmbedded } from '../../src/platform/database/embedded.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { freePort, runTenantry } from '../helpers/process.ts'

test('after SIGTERM a process is not ready first, answers for a while, and then ends cleanly', async () => {
  const dataDir = await temporaryFolder()
  await chmod(dataDir, 0o755)
  const [port, metricsPort] = await Promise.all([freePort(), freePort()])
  const tenantry = runTenantry({
    TENANTRY_DATA_DIR: dataDir,
    PORT: String(port),
    TENANTRY_METRICS_PORT: String(metricsPort),
    TENANTRY_SIMULATOR_PORT: String(await freePort()),
    TENANTRY_SHUTDOWN_DELAY_SECONDS: '5',
  })
  await tenantry.wrote('Tenantry is ready at')
  const status = async (path: string, at = port) =>
    (await fetch(`http://localhost:${at}${path}`).catch(() => null))?.status ?? null
  const before = [await status('/readyz'), await status('/metrics', metricsPort), await status('/metrics')]

  tenantry.signal('SIGTERM')
  await expect.poll(() => status('/readyz'), { interval: 50 }).toBe(503)
  const meanwhile = [await status('/healthz'), await status('/sign-in')]
  const code = await tenantry.ended

  expect(before).toEqual([200, 200, 404])
  expect(meanwhile).toEqual([200, 200])
  expect(code).toBe(0)
  await startEmbedded(dataDir).then(server => server.stop())
})
