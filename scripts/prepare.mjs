/**
 * What must be there before TypeScript can run: the packages (with the Node
 * that runs them) and the generated database client. Plain JavaScript for any
 * Node 20 or newer, because on a fresh checkout nothing else exists yet.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { withLock } from './lock.mjs'

export const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** The Node 24 that comes with the packages. */
export const projectNode = join(root, 'node_modules/.bin/node')

const generated = join(root, 'src/generated')
const schemaHash = join(generated, 'prisma/.schema-hash')

/**
 * Installs and generates what is missing or older than its source; does
 * nothing when all is there. Of several processes that start at the same
 * moment one does the work, the others wait for it.
 */
export async function prepare() {
  if (isInstalled() && scriptsToRun().length === 0 && isGenerated()) return
  const waiting = () => console.error('Waiting for another process that prepares this checkout …')
  await withLock(join(generated, '.preparing'), install, waiting)
}

async function install() {
  if (!isInstalled()) {
    console.error('Installing packages (once; about a minute) …')
    await npm('ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error')
  }
  // Only the scripts that package.json allows by name, whatever this npm would run by itself.
  const scripts = scriptsToRun()
  if (scripts.length > 0) await npm('rebuild', '--ignore-scripts=false', '--loglevel=error', ...scripts)
  if (!isGenerated()) {
    await run(projectNode, [join(root, 'node_modules/prisma/build/index.js'), 'generate'], { quiet: true })
    writeFileSync(schemaHash, hashOfSchema())
  }
}

/** Whether the packages are those of the lock; other platforms' are not expected, nor tools where none is installed. */
function isInstalled() {
  const folder = join(root, 'node_modules')
  // A link to another checkout's packages is that checkout's to care for.
  if (lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink()) return true
  const installed = readPackages(join(folder, '.package-lock.json'))
  if (!installed) return false
  const wanted = Object.entries(readPackages(join(root, 'package-lock.json')) ?? {})
  const hasTools = Object.values(installed).some(({ dev }) => dev)
  return wanted.every(([path, entry]) => {
    if (!path.includes('node_modules/')) return true
    const found = installed[path]
    if (found) return found.version === entry.version && found.integrity === entry.integrity
    return Boolean(entry.optional || entry.devOptional || (entry.dev && !hasTools))
  })
}

/** @returns {Record<string, any> | null} what a lock lists, by path; null when there is no readable one */
function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages
  } catch {
    return null
  }
}

/** Names of the installed packages whose script is allowed and has not been run. */
function scriptsToRun() {
  const { allowScripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  return Object.keys(allowScripts).filter(name => {
    const folder = join(root, 'node_modules', name)
    return allowScripts[name] && existsSync(folder) && !hasRun(name, folder)
  })
}

/** Whether what a package's script makes is there. */
function hasRun(name, folder) {
  if (name === 'node') return existsSync(projectNode)
  const list = join(folder, 'native/pg-symlinks.json')
  if (!existsSync(list)) return true
  return JSON.parse(readFileSync(list, 'utf8')).every(({ target }) =>
    lstatSync(join(folder, target), { throwIfNoEntry: false }),
  )
}

function isGenerated() {
  return existsSync(schemaHash) && readFileSync(schemaHash, 'utf8') === hashOfSchema()
}

function hashOfSchema() {
  return createHash('sha256')
    .update(readFileSync(join(root, 'prisma/schema.prisma')))
    .digest('hex')
}

async function npm(...args) {
  // npm names itself in the environment of its scripts; calling that file avoids a shell.
  const program = process.env.npm_execpath
  // By the Node that npm runs on: ours may be the project's own, which `npm ci` removes before the next call.
  if (program?.endsWith('npm-cli.js'))
    await run(process.env.npm_node_execpath ?? process.execPath, [program, ...args])
  else await run('npm', args)
}

/** Runs a program to its end and stops this one when it fails. A signal to this process goes to the program as well. */
export async function run(program, args, { quiet = false } = {}) {
  const child = spawn(program, args, { cwd: root, stdio: quiet ? 'pipe' : ['ignore', 2, 2] })
  let said = ''
  child.stdout?.on('data', data => (said += data))
  child.stderr?.on('data', data => (said += data))
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  let stoppedBy = null
  const pass = signal => {
    stoppedBy = signal
    child.kill(signal)
  }
  for (const signal of signals) process.on(signal, pass)
  const ended = await new Promise(done => {
    child.once('error', error => done({ error }))
    child.once('close', (code, signal) => done({ code, signal }))
  })
  for (const signal of signals) process.off(signal, pass)
  if (stoppedBy) process.exit(stoppedBy === 'SIGINT' ? 130 : 143)
  if (ended.code === 0) return
  process.stderr.write(said)
  console.error(`"${program} ${args.join(' ')}" failed${ended.error ? `: ${ended.error.message}` : '.'}`)
  process.exit(ended.code || 1)
}
