import { spawn } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import module from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { prepare, projectNode, root } from './prepare.mjs'

const parentLookMs = 1000

/**
 * Runs one of the project's TypeScript programs on the project's own Node.
 *
 * npm puts node_modules/.bin first on the path, so from the second start on
 * this script itself runs on that Node and simply loads the program. On the
 * first start it runs on the machine's Node and starts a process.
 */
export async function runProgram(file) {
  endWithNpm()
  await prepare()
  const program = join(root, file)
  // Compiled code, types stripped, is kept beside the packages: the next start reads it. Children inherit it.
  process.env.NODE_COMPILE_CACHE ??= join(root, 'node_modules/.cache/node-compile')
  if (isProjectNode()) {
    module.enableCompileCache(process.env.NODE_COMPILE_CACHE)
    process.argv[1] = program
    await import(pathToFileURL(program).href)
    return
  }
  // The channel ends when this process dies, however it dies; the program stops then.
  const child = spawn(projectNode, [...process.execArgv, program, ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)))
}

/** An installation without development packages has no Node of its own: whoever made it chose one. */
function isProjectNode() {
  return !existsSync(projectNode) || realpathSync(process.execPath) === realpathSync(projectNode)
}

/**
 * npm that is killed, or whose shell is ended in place of this process, leaves
 * its script running: it is ended here as by a signal to itself. A process that
 * something else than npm started goes on without its parent.
 */
function endWithNpm() {
  if (!process.env.npm_lifecycle_event) return
  const npm = process.ppid
  const looking = setInterval(() => {
    if (process.ppid === npm) return
    clearInterval(looking)
    process.kill(process.pid, 'SIGTERM')
  }, parentLookMs)
  looking.unref()
}
