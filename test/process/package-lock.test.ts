import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
const run = promisify(execFile)

type Lock = {
  packages: Record<
    string,
    { version?: string; resolved?: string; integrity?: string; hasInstallScript?: boolean; link?: boolean }
  >
}
const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  allowScripts: Record<string, boolean>
}
const copies: string[] = []

afterAll(() => {
  for (const copy of copies) rmSync(copy, { recursive: true, force: true })
})

/** What npm reads before it installs: the manifests and the lock, without any package. */
function copyManifests(): string {
  const copy = mkdtempSync(join(tmpdir(), 'tenantry-lock-'))
  copies.push(copy)
  const ownFolders = Object.keys(lock.packages).filter(path => !path.includes('node_modules/'))
  for (const file of ['.npmrc', 'package-lock.json', ...ownFolders.map(path => join(path, 'package.json'))]) {
    cpSync(join(root, file), join(copy, file), { recursive: true })
  }
  return copy
}

/** Checks the lock as `npm ci` does, with nothing from a registry or a cache. */
async function checkLock(folder: string): Promise<{ code: number; output: string }> {
  const npm = ['ci', '--dry-run', '--offline', '--ignore-scripts', '--loglevel=error']
  const cache = ['--cache', join(folder, 'no-cache')]
  // The package `node` brings no npm: the machine's own is used, as for a first install.
  return await run('npm', [...npm, ...cache], { cwd: folder, maxBuffer: 10_000_000 }).then(
    ({ stdout }) => ({ code: 0, output: stdout }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      code: error.code,
      output: `${error.stdout}${error.stderr}`,
    }),
  )
}

test('npm ci accepts the lock: every package of every platform is in it', async () => {
  const checked = await checkLock(copyManifests())

  expect(checked).toMatchObject({ code: 0 })
})

test('the check notices a lock that lacks the packages of another platform', async () => {
  const copy = copyManifests()
  const without = structuredClone(lock)
  for (const path of Object.keys(without.packages)) {
    if (path.includes('win32') || path.includes('darwin')) delete without.packages[path]
  }
  writeFileSync(join(copy, 'package-lock.json'), JSON.stringify(without))

  const checked = await checkLock(copy)

  expect(checked.code).toBe(1)
  expect(checked.output).toMatch(/Missing: .+ from lock file/)
})

test('the lock names no registry host, and pins each package by version and digest', () => {
  const foreign = Object.entries(lock.packages).filter(([path, entry]) => {
    if (!path.includes('node_modules/') || entry.link) return false
    return entry.resolved !== undefined || !entry.version || !entry.integrity
  })

  expect(foreign.map(([path]) => path)).toEqual([])
  expect(readFileSync(join(root, 'package-lock.json'), 'utf8')).not.toContain('://registry')
})

test('every package with an install script is allowed or refused by name', () => {
  const named = Object.keys(lock.packages)
    .filter(path => lock.packages[path]?.hasInstallScript)
    .map(path => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length))

  const missing = named.filter(name => !(name in manifest.allowScripts))
  expect(missing).toEqual([])
})
