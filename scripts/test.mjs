/**
 * `npm test`: installs what is missing, makes sure of a Chromium, runs every
 * test (arguments are handed to Vitest) and ends with `N passed, N failed`.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findChromium } from './chromium.mjs'
import { prepare, projectNode, root, run } from './prepare.mjs'

await prepare()
const chromium = findChromium() ?? (await installChromium())

const folder = mkdtempSync(join(tmpdir(), 'tenantry-report-'))
const report = join(folder, 'report.json')
const vitest = spawn(
  projectNode,
  [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: 'inherit', env: { ...process.env, TENANTRY_TEST_CHROMIUM: chromium } },
)
// Vitest stops its database when it is told to end; nobody else would.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => vitest.kill(signal))
const status = await new Promise(done => vitest.once('close', done))

if (!existsSync(report)) {
  console.error('The test run ended without a report.')
  console.log('0 passed, 1 failed')
  process.exit(1)
}
const { numPassedTests, numFailedTests, numFailedTestSuites, success } = JSON.parse(
  readFileSync(report, 'utf8'),
)
rmSync(folder, { recursive: true })
// A file that cannot even be loaded has no tests to fail: it counts as one.
const failed = numFailedTests || (success ? 0 : Math.max(1, numFailedTestSuites))
console.log(`${numPassedTests} passed, ${failed} failed`)
process.exit(status === 0 && failed === 0 ? 0 : 1)

async function installChromium() {
  if (process.getuid?.() === 0 && existsSync('/etc/debian_version')) {
    console.error('Installing Chromium from Debian (once) …')
    process.env.DEBIAN_FRONTEND = 'noninteractive'
    await run('apt-get', ['update', '-qq'])
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium', 'fonts-dejavu-core'])
    const installed = findChromium()
    if (installed) return installed
  }
  console.error(
    'The browser tests need Chromium: install it (on Debian or Ubuntu "sudo apt-get install chromium"), or set CHROMIUM_PATH to a Chrome or Chromium program.',
  )
  process.exit(1)
}
