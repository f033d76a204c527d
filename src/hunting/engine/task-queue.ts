import type { Log } from '../../log.ts'
import type { Hunting } from '../../microsoft/defender/index.ts'
import type { WakeTimer } from '../../platform/limits/wake-timer.ts'
import type { AskTenant } from './ask-tenant.ts'
import type { EngineStore } from './store.ts'
import { type ClaimedTask, leaseKey } from './task.ts'

/** A task of this process: being prepared, ready, called, or being written. */
export type Lease = {
  task: ClaimedTask
  /** Calls the task's tenant; fails with what preparing it failed with. */
  ask: AskTenant
  abort: AbortController
  /** When it was claimed, in milliseconds since the epoch. */
  since: number
}

/** Why work on a task ends before its answer came. */
export const abortReasons = {
  canceled: 'the hunt was canceled',
  lost: 'the lease was lost',
  stopping: 'the process stops',
}

/**
 * The tasks of this process: claimed ahead and prepared, so that a slot that
 * becomes free is filled at once, and leased until they are done. The process
 * renews its leases, and others may take them away.
 */
export type TaskQueue = {
  /** A task that is ready for its call. */
  take(): Lease | undefined
  /** Claims more when little is left for so many free slots. */
  refill(freeSlots: number): void
  /** Whether nothing more was due when last asked. */
  isEmpty(): boolean
  /** Something may be due now. */
  wake(): void
  /** The task is written, or given up. */
  remove(lease: Lease): void
  /** Renews in time, and ends leases that were lost or canceled without a notice. */
  renew(): Promise<void>
  cancel(huntId: string): void
  /** To be called when no more is refilled. @returns what was claimed and not taken */
  takeRest(): Promise<Lease[]>
  /** Ends the calls under way. */
  stop(): void
}

export type TaskQueueDeps = {
  store: Pick<EngineStore, 'claim' | 'nextDueMs' | 'renew' | 'leased'>
  worker: string
  /** Set for when it is worth to look again. */
  wakeTimer: WakeTimer
  hunt: Hunting['hunt']
  /** Gets what a call needs beforehand, such as a token. */
  prepare?: Hunting['prepareHunt']
  /** Hears when there may be something to take, or to refill. */
  onChange: () => void
  log: Log
  options: { concurrency: number; leaseMs: number; pollMs: number; slowAfterMs: number }
}

export function createTaskQueue(deps: TaskQueueDeps): TaskQueue {
  const { store, worker, wakeTimer, options, log } = deps
  const ahead = Math.max(4, Math.ceil(options.concurrency / 3))
  const mostPreparing = options.concurrency * 2
  const leases = new Map<string, Lease>()
  const preparing = new Set<Lease>()
  const ready: Lease[] = []
  const suspects = new WeakSet<Lease>()
  let claiming: Promise<void> | null = null
  let isEmpty = false
  let isWoken = false
  let renewedAt = Date.now()

  async function claim(count: number): Promise<void> {
    isWoken = false
    try {
      const tasks = await store.claim(worker, count, options.leaseMs)
      for (const task of tasks) void prepare(task)
      // What became due meanwhile may have been missed.
      if (tasks.length >= count || isWoken) return
      isEmpty = true
      const dueMs = (await store.nextDueMs()) ?? options.pollMs
      wakeTimer.within(Math.max(50, Math.min(options.pollMs, dueMs)))
    } catch (error) {
      isEmpty = true
      wakeTimer.within(1000)
      log.error({ err: error }, 'hunt tasks could not be claimed')
    }
  }

  /** From here on the task is bound to its tenant: who runs it calls `ask`. */
  async function prepare(task: ClaimedTask): Promise<void> {
    const { tenantId, roles } = task
    const ask: AskTenant = request => deps.hunt(tenantId, roles, request)
    const lease: Lease = { task, ask, abort: new AbortController(), since: Date.now() }
    leases.set(leaseKey(task), lease)
    preparing.add(lease)
    try {
      await deps.prepare?.(tenantId, roles, lease.abort.signal)
    } catch (error) {
      lease.ask = () => Promise.reject(error)
    }
    preparing.delete(lease)
    ready.push(lease)
    deps.onChange()
  }

  async function stillOurs(): Promise<Set<string>> {
    if (Date.now() - renewedAt <= options.leaseMs / 3) return store.leased(worker)
    renewedAt = Date.now()
    return store.renew(worker, options.leaseMs)
  }

  const remove = ({ task }: Lease): void => void leases.delete(leaseKey(task))

  return {
    remove,

    take() {
      for (let next = ready.shift(); next; next = ready.shift()) {
        if (!next.abort.signal.aborted) return next
        remove(next)
      }
      return undefined
    },

    refill(freeSlots) {
      // Tokens that do not come hold up nobody else's.
      const now = Date.now()
      const young = [...preparing].filter(({ since }) => now - since < options.slowAfterMs).length
      const wanted = freeSlots + ahead - ready.length - young
      if (claiming || isEmpty || preparing.size > mostPreparing || wanted <= ahead / 2) return
      claiming = claim(wanted).finally(() => {
        claiming = null
        deps.onChange()
      })
    },

    isEmpty: () => isEmpty,

    wake() {
      isEmpty = false
      isWoken = true
    },

    async renew() {
      if (leases.size === 0) return
      try {
        const ours = await stillOurs()
        for (const [key, lease] of leases) {
          if (ours.has(key)) continue
          // Claimed or settled while the statement ran looks the same as lost; the next round tells.
          if (suspects.has(lease)) lease.abort.abort(abortReasons.lost)
          suspects.add(lease)
        }
      } catch (error) {
        log.warn({ err: error }, 'leases of hunt tasks could not be renewed')
      }
    },

    cancel(huntId) {
      for (const { task, abort } of leases.values())
        if (task.huntId === huntId) abort.abort(abortReasons.canceled)
    },

    async takeRest() {
      await claiming
      const rest = [...ready.splice(0), ...preparing]
      for (const lease of rest) {
        lease.abort.abort(abortReasons.stopping)
        remove(lease)
      }
      return rest
    },

    stop() {
      for (const { abort } of leases.values()) abort.abort(abortReasons.stopping)
    },
  }
}
