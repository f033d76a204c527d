import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import type { KillPlan } from './kill-plan.ts'

/** A worker's script, loaded and waiting until it is told to go. */
export type Worker = {
  /** Tenants it called so far. */
  called: string[]
  ready: Promise<void>
  /** Begins its work; dies or stalls by its plan. @returns resolves when it has */
  go(): Promise<void>
  kill(): Promise<void>
}

export function startWorker(
  url: string,
  {
    leaseMs,
    seed = 1,
    plan = null,
    script = new URL('./worker.ts', import.meta.url),
    more = [],
  }: {
    leaseMs: number
    seed?: number
    plan?: KillPlan | null
    script?: URL
    /** Arguments of another script, after the seed. */
    more?: string[]
  },
): Worker {
  const step = plan && 'step' in plan ? [plan.step, String(plan.count)] : []
  const args = ['--no-warnings', script.pathname, url, String(leaseMs), String(seed), ...more, ...step]
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  const called: string[] = []
  const ready = new Promise<void>((resolve, reject) => {
    child.once('exit', code => reject(new Error(`the worker ended with ${code}`)))
    createInterface({ input: child.stdout }).on('line', line => {
      if (line === 'ready') resolve()
      else called.push(line)
    })
  })
  ready.catch(() => {})
  return {
    called,
    ready,
    async go() {
      child.stdin.write('go\n')
      if (plan && 'stallsAfterMs' in plan) {
        await sleep(plan.stallsAfterMs)
        child.kill('SIGSTOP')
        void sleep(leaseMs * 1.5).then(() => child.kill('SIGCONT'))
        return
      }
      if (plan && 'afterMs' in plan) void sleep(plan.afterMs).then(() => child.kill('SIGKILL'))
      await ended
    },
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
