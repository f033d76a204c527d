import { LRUCache } from 'lru-cache'
import { type Child, startChild } from './child.ts'
import type { FromChild } from './messages.ts'

/** Why a task has no result although nobody canceled it. */
export type TaskEnd = 'time' | 'memory' | 'crash'

/** A task that was ended for using too much, or whose process broke. */
export class TaskEnded extends Error {
  override readonly name = 'TaskEnded'
  readonly reason: TaskEnd

  constructor(reason: TaskEnd, detail = '') {
    super(`the task was ended: ${reason}${detail && `, ${detail}`}`)
    this.reason = reason
  }
}

/** More tasks wait than the pool takes. */
export class PoolFull extends Error {
  override readonly name = 'PoolFull'
}

export type ChildPoolOptions = {
  /** A program that calls `serveTasks`. */
  entry: URL
  /** Processes at once; one more is started only for a group that none has time for. */
  size: number
  /** Old space of each process. */
  memoryMb: number
  /** From its start on, a task runs no longer. */
  limitMs: number
  /** A process beyond the first that nobody used for so long ends. */
  idleMs: number
  /** Tasks that wait, of one group and in all. */
  maxWaiting: { group: number; all: number }
}

export type RunOptions = {
  /** Tasks of one group run one at a time, so that one caller cannot take all processes. */
  group: string
  signal?: AbortSignal
  /** Called for what the task says before its result is there. */
  onNote?: (note: unknown) => void
}

type Job = {
  id: number
  task: unknown
  group: string
  onNote: ((note: unknown) => void) | undefined
  resolve: (result: unknown) => void
  reject: (error: unknown) => void
}

/** A process; `timer` ends it, whatever it is ended for next. */
type Slot = { child: Child; job: Job | null; isReady: boolean; timer: NodeJS.Timeout | undefined }

/** The child ends its task itself; should it not even manage that, it is killed this much later. */
const graceMs = 3000

/** A canceled task may still finish within this: to load a new process costs more than most tasks do. */
const lingerMs = 500

/** A process that is not loaded after this is given up. */
const mostLoadMs = 60_000

/** A process that ends this often in a row before it is ready is not started again for the same task. */
const mostFailedStarts = 3

/**
 * Runs tasks in processes beside this one, each of which can be ended at any
 * point.
 *
 * Processes, not threads: a thread that runs out of memory can take the whole
 * process with it (Node 24.21 aborts now and then in spite of
 * `resourceLimits`), and memory outside the heap is not bounded there at all.
 */
export function createChildPool(options: ChildPoolOptions) {
  const slots = new Set<Slot>()
  let waiting: Job[] = []
  let lastId = 0
  let turns = 0
  /** When each group had its last turn. */
  const lastTurns = new LRUCache<string, number>({ max: 1000 })
  let failedStarts = 0
  let isClosed = false

  function start(): Slot {
    const child = startChild(options, {
      message: message => hear(slot, message),
      end: (reason, detail) => end(slot, new TaskEnded(reason, detail)),
    })
    const slot: Slot = { child, job: null, isReady: false, timer: undefined }
    endLater(slot, mostLoadMs, new TaskEnded('crash', 'the process did not load'))
    slots.add(slot)
    child.ready.then(
      () => {
        failedStarts = 0
        slot.isReady = true
        free(slot)
      },
      () => {},
    )
    child.hold(waiting.length > 0)
    return slot
  }

  function endLater(slot: Slot, afterMs: number, error: TaskEnded | null): void {
    clearTimeout(slot.timer)
    slot.timer = setTimeout(() => end(slot, error), afterMs)
    slot.timer.unref()
  }

  function hear(slot: Slot, message: FromChild): void {
    const { job } = slot
    if (!job || !('id' in message) || message.id !== job.id) return
    if (message.kind === 'started') {
      endLater(slot, options.limitMs + graceMs, new TaskEnded('time'))
    } else if (message.kind === 'note') {
      job.onNote?.(message.note)
    } else if (message.kind === 'timeout') {
      end(slot, new TaskEnded('time'))
    } else {
      free(slot)
      if (message.kind === 'done') job.resolve(message.result)
      else job.reject(new Error(message.message))
    }
  }

  function free(slot: Slot): void {
    clearTimeout(slot.timer)
    slot.job = null
    slot.child.hold(false)
    if (slots.size > 1) endLater(slot, options.idleMs, null)
    dispatch()
  }

  /** Takes a process out of the pool. */
  function end(slot: Slot, error: TaskEnded | null): void {
    if (!slots.delete(slot)) return
    clearTimeout(slot.timer)
    slot.child.kill()
    slot.job?.reject(error)
    if (!slot.isReady && error) failedStarts++
    if (isClosed) return
    if (failedStarts >= mostFailedStarts) {
      failedStarts = 0
      for (const job of waiting) job.reject(error)
      waiting = []
    }
    // The next task should not wait for a process to load.
    else if (error && slots.size === 0) start()
    dispatch()
  }

  function dispatch(): void {
    const busy = new Set([...slots].flatMap(({ job }) => (job ? [job.group] : [])))
    for (const slot of slots) {
      if (!slot.isReady || slot.job) continue
      const job = nextJob(busy)
      if (!job) break
      waiting = waiting.filter(other => other !== job)
      busy.add(job.group)
      clearTimeout(slot.timer)
      slot.job = job
      slot.child.hold(true)
      slot.child.send({ id: job.id, task: job.task, limitMs: options.limitMs })
    }
    const groups = new Set(waiting.map(({ group }) => group).filter(group => !busy.has(group)))
    const loading = [...slots].filter(({ isReady }) => !isReady).length
    for (let count = loading; count < groups.size && slots.size < options.size; count++) start()
  }

  /** Of the groups that wait, the one whose turn was longest ago. */
  function nextJob(busy: Set<string>): Job | undefined {
    const turnOf = ({ group }: Job): number => lastTurns.get(group) ?? 0
    const [job] = waiting
      .filter(({ group }) => !busy.has(group))
      .sort((one, other) => turnOf(one) - turnOf(other) || one.id - other.id)
    if (job) lastTurns.set(job.group, ++turns)
    return job
  }

  function cancel(job: Job, reason: unknown): void {
    job.reject(reason)
    waiting = waiting.filter(other => other !== job)
    for (const slot of slots) if (slot.job === job) endLater(slot, lingerMs, new TaskEnded('time'))
  }

  return {
    /**
     * @throws TaskEnded; PoolFull; the signal's reason; an Error for what the task itself threw
     */
    run(task: unknown, { group, signal, onNote }: RunOptions): Promise<unknown> {
      if (isClosed) return Promise.reject(new TaskEnded('crash', 'the pool is closed'))
      const ofGroup = waiting.filter(job => job.group === group).length
      if (ofGroup >= options.maxWaiting.group || waiting.length >= options.maxWaiting.all) {
        return Promise.reject(new PoolFull('too many tasks wait'))
      }
      if (signal?.aborted) return Promise.reject(signal.reason)
      const { promise, resolve, reject } = Promise.withResolvers<unknown>()
      const job: Job = { id: ++lastId, task, group, onNote, resolve, reject }
      const onAbort = (): void => cancel(job, signal?.reason)
      signal?.addEventListener('abort', onAbort)
      waiting.push(job)
      for (const slot of slots) if (!slot.isReady) slot.child.hold(true)
      dispatch()
      return promise.finally(() => signal?.removeEventListener('abort', onAbort))
    },

    /** Resolves once a process is loaded. @throws Error when it does not start */
    async ready(): Promise<void> {
      const { child } = [...slots][0] ?? start()
      child.hold(true)
      await child.ready
    },

    /** Ends every process; what runs or waits is rejected. */
    close(): void {
      isClosed = true
      for (const job of waiting) job.reject(new TaskEnded('crash', 'the pool is closed'))
      waiting = []
      for (const slot of slots) end(slot, new TaskEnded('crash', 'the pool is closed'))
    },
  }
}
