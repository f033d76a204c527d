/**
 * What must be there before TypeScript can run: the packages (with the Node
 * that runs them) and the generated database client. Plain JavaScript for any
 * Node 20 or newer, because on a fresh checkout nothing else exists yet.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** The Node 24 that comes with the packages. */
export const projectNode = join(root, 'node_modules/.bin/node')

/** Installs and generates what is missing or older than its source; does nothing when all is there. */
export function prepare() {
  if (!isInstalled()) {
    console.error('Installing packages (once; about a minute) …')
    // npm names itself in the environment of its scripts; calling that file avoids a shell.
    const npm = process.env.npm_execpath
    // Not `npm ci`: it refuses a lock without the binaries of every other
    // platform, which a registry mirror may lack. Versions are the lock's all the same.
    const args = ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error']
    if (npm?.endsWith('.js')) run(process.execPath, [npm, ...args])
    else run('npm', args)
  }
  const client = join(root, 'src/generated/prisma')
  const stamp = join(client, '.schema-hash')
  const hash = createHash('sha256')
    .update(readFileSync(join(root, 'prisma/schema.prisma')))
    .digest('hex')
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== hash) {
    run(projectNode, [join(root, 'node_modules/prisma/build/index.js'), 'generate'], { quiet: true })
    writeFileSync(stamp, hash)
  }
}

function isInstalled() {
  // npm writes this file last, so it is newer than the lock it was made from.
  const marker = join(root, 'node_modules/.package-lock.json')
  if (!existsSync(marker) || !existsSync(projectNode)) return false
  return statSync(marker).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs
}

/** Runs a program to its end and stops this one when it fails. */
export function run(program, args, { quiet = false } = {}) {
  const result = spawnSync(program, args, { cwd: root, stdio: quiet ? 'pipe' : ['ignore', 2, 2] })
  if (result.status === 0) return
  if (quiet) process.stderr.write(`${result.stdout ?? ''}${result.stderr ?? ''}`)
  console.error(`"${program} ${args.join(' ')}" failed${result.error ? `: ${result.error.message}` : '.'}`)
  process.exit(result.status || 1)
}
