import { randomUUID } from 'node:crypto'
import type { Log } from '../../log.ts'
import { namedFailure } from '../../microsoft/http/index.ts'
import { within } from '../../platform/limits/deadline.ts'
import { createSlots } from '../../platform/limits/slots.ts'
import { createWakeTimer } from '../../platform/limits/wake-timer.ts'
import type { HuntChannel } from '../hunts/channel.ts'
import { createLargeAnswers } from './ask-tenant.ts'
import { createOutcomeWriter } from './outcome-writer.ts'
import { createRunTask, type RunDeps } from './run-task.ts'
import type { EngineStore } from './store.ts'
import { type ClaimedTask, namesOf } from './task.ts'
import { abortReasons, createTaskQueue, type Lease, type TaskQueueDeps } from './task-queue.ts'

export type EngineOptions = {
  /** Calls at once in this process. */
  concurrency: number
  /** A lease ends after this unless renewed: its process died. */
  leaseMs: number
  /** How often to look without being told. */
  pollMs: number
  /** A call that runs longer makes its slot free for another tenant, up to twice the concurrency in all such. */
  slowAfterMs: number
}

export const engineDefaults: EngineOptions = {
  concurrency: 64,
  leaseMs: 20_000,
  pollMs: 5_000,
  slowAfterMs: 10_000,
}

export type HuntEngine = {
  start(): void
  /** Claims no more; calls under way may end within `graceMs`, then they are given up and their tasks freed. */
  stop(graceMs: number): Promise<void>
}

export type EngineDeps = Omit<RunDeps, 'progress' | 'large'> &
  Pick<TaskQueueDeps, 'hunt' | 'prepare'> & {
    store: EngineStore
    channel: HuntChannel
    log: Log
    options: EngineOptions
  }

/**
 * Works on hunts, in any number of processes on one database. Rows say
 * everything; a process that is killed leaves leases, whose tasks others take
 * over when they end.
 *
 * A task goes through these files in this order:
 *
 * 1. `task-queue.ts` claims due tasks ahead, prepares them (gets the token),
 *    renews their leases, and ends what was canceled or lost.
 * 2. `run-task.ts` runs a task once a slot is free: the tenant's whole answer in
 *    one call, or span by span (`timespan.ts`) where the service cuts it.
 *    `retry-delay.ts` decides whether a failure is tried again, and when.
 * 3. `ask-tenant.ts` makes one call and bounds how many large answers are in
 *    memory; `packing/` packs its rows into chunks.
 * 4. `outcome-writer.ts` writes rows and outcome in one statement (`store.ts`),
 *    ends hunts that are complete and notifies the pages.
 */
export function createEngine(deps: EngineDeps): HuntEngine {
  const { store, channel, log, options } = deps
  const worker = randomUUID()
  const wakeTimer = createWakeTimer(() => void look())
  const writer = createOutcomeWriter(store, worker, log)
  const slots = createSlots(options, fill)
  const queue = createTaskQueue({ ...deps, worker, wakeTimer, onChange: fill })
  const large = createLargeAnswers(options.concurrency / 2, fill)
  const runTask = createRunTask({ ...deps, large, progress: writer.write })

  const running = new Set<Promise<void>>()
  /** Tasks that our own trouble broke off; they are given back as soon as the database takes it. */
  const brokenOff = new Set<ClaimedTask>()
  let state: 'idle' | 'working' | 'stopping' = 'idle'
  let tidiedAt = 0
  let renewing: NodeJS.Timeout | undefined
  let unlisten = (): void => {}

  /** Begins what is ready while there are slots, and has more claimed. */
  function fill(): void {
    if (state !== 'working' || large.isCrowded()) return
    while (slots.free() > 0) {
      const next = queue.take()
      if (!next) break
      const run = work(next).finally(() => running.delete(run))
      running.add(run)
    }
    queue.refill(slots.free())
  }

  async function work(lease: Lease): Promise<void> {
    const leave = slots.take()
    try {
      const outcome = await runTask(lease)
      // The slot is free once the answer is packed; writing it down happens beside the next call.
      await writer.room()
      leave()
      if (outcome) await writer.write(lease.task, outcome)
      else if (lease.abort.signal.reason === abortReasons.stopping) await store.release(worker, [lease.task])
    } catch (error) {
      // It stays as its rows say. Renewing would keep it leased for as long as this process lives.
      brokenOff.add(lease.task)
      log.error({ err: error, ...namesOf(lease.task) }, 'a hunt task was broken off, it is given back')
    } finally {
      leave()
      queue.remove(lease)
      // Its tenant may be wanted by another hunt.
      if (queue.isEmpty()) wakeTimer.within(100)
    }
  }

  function wake(): void {
    queue.wake()
    fill()
  }

  /** Finds what comes without a notice: tasks whose wait is over or whose tenant is free again, processes that died, deadlines. */
  async function look(): Promise<void> {
    if (Date.now() - tidiedAt >= options.pollMs) {
      tidiedAt = Date.now()
      try {
        await giveBack()
        await store.tidy(outOfTime())
      } catch (error) {
        // After the stop the connections are gone, and the next process tidies.
        if (state === 'working') log.error({ err: error }, 'hunts could not be tidied')
      }
    }
    wakeTimer.within(options.pollMs)
    wake()
  }

  async function giveBack(): Promise<void> {
    const tasks = [...brokenOff]
    await store.release(worker, tasks)
    for (const task of tasks) brokenOff.delete(task)
  }

  /** What was claimed and not begun is free for other processes at once. */
  async function releaseRest(): Promise<void> {
    const rest = await queue.takeRest()
    try {
      await store.release(worker, [...rest.map(({ task }) => task), ...brokenOff])
    } catch (error) {
      log.warn({ err: error }, 'tasks stay leased until their lease ends')
    }
  }

  return {
    start() {
      if (state !== 'idle') return
      state = 'working'
      unlisten = channel.listen(notice => {
        if (notice.kind === 'canceled') queue.cancel(notice.huntId)
        if (notice.kind === 'missed') void queue.renew()
        if (notice.kind === 'work' || notice.kind === 'missed') wake()
      })
      renewing = setInterval(() => void queue.renew(), Math.min(1000, options.leaseMs / 4))
      renewing.unref()
      void look()
    },

    async stop(graceMs) {
      if (state !== 'working') return
      state = 'stopping'
      unlisten()
      wakeTimer.stop()
      await releaseRest()
      await within(Promise.allSettled(running), graceMs)
      queue.stop()
      await within(Promise.allSettled(running), 1000)
      clearInterval(renewing)
      await writer.drained()
    },
  }
}

function outOfTime() {
  return namedFailure('timeout', {
    service: 'graph',
    message: 'The hunt’s time was over before this tenant was asked.',
    remedy: 'Run the hunt again for the tenants that are missing.',
  })
}
