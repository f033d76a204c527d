import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** A Tenantry in a process of its own, as `npm start` makes it. */
export type TenantryProcess = {
  pid: number
  /** All that it wrote so far. */
  output(): string
  standardOutput(): string
  standardError(): string
  /** Resolves once it wrote the text; rejects when it ends without. */
  wrote(text: string): Promise<void>
  signal(signal: NodeJS.Signals): void
  /** Exit code, null when a signal ended it. */
  ended: Promise<number | null>
}

export function runTenantry(
  settings: Record<string, string>,
  program = 'src/main.ts',
  args: string[] = [],
): TenantryProcess {
  return runCommand(settings, process.execPath, [program, ...args])
}

/** Any command in the project's folder, such as `npm start`, with Tenantry's settings in its environment. */
export function runCommand(
  settings: Record<string, string>,
  command: string,
  args: string[],
): TenantryProcess {
  const child: ChildProcess = spawn(command, args, {
    cwd: root,
    // Only what a program needs: settings of whoever runs the tests stay out.
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      NODE_COMPILE_CACHE: `${root}node_modules/.cache/node-compile`,
      TENANTRY_LOG_LEVEL: 'warn',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  const streams = { stdout: '', stderr: '' }
  const watchers = new Set<() => void>()
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.on('data', chunk => {
      text += chunk
      streams[name] += chunk
      for (const watcher of watchers) watcher()
    })
  }
  const ended = new Promise<number | null>(done => child.once('close', code => done(code)))

  return {
    pid: child.pid ?? 0,
    output: () => text,
    standardOutput: () => streams.stdout,
    standardError: () => streams.stderr,
    ended,
    signal: signal => child.kill(signal),
    wrote: wanted =>
      new Promise((done, failed) => {
        const look = () => {
          if (!text.includes(wanted)) return
          watchers.delete(look)
          done()
        }
        watchers.add(look)
        look()
        void ended.then(code => failed(new Error(`ended with ${code} before writing "${wanted}":\n${text}`)))
      }),
  }
}

/** Below the range from which systems give ports to outgoing connections. */
const range = { first: 12_000, count: 20_000 }
/** Processes that run at the same time begin far apart. */
let nextPort = (process.pid * 200) % range.count

/** A port of this machine that nobody listens at, and that no other test process is about to be given. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = range.first + nextPort
    nextPort = (nextPort + 1) % range.count
    if (await isFree(port)) return port
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise(done => {
    const server = createServer()
    server.once('error', () => done(false))
    server.listen(port, '127.0.0.1', () => server.close(() => done(true)))
  })
}
