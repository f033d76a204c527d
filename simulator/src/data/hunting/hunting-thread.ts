import { Worker } from 'node:worker_threads'
import type { OverlayKind } from '../../world.ts'
import type { TenantData } from '../tenant-data.ts'
import type { FromThread, HuntingOutcome, HuntRequest, HuntTask } from './task.ts'

/** Names and types of a query are found within this: some double the work with each statement. */
const mostBindMs = 15_000

/** However long a query may run by the published limits, the machine of this simulator is not Microsoft's. */
const mostSeconds = 15

/** The thread ends a query itself once its time is over; should it not, it is ended this much later. */
const graceMs = 5000

const memoryMb = 1024

/** Texts that were ended, and for how long they are refused at once. */
const mostRefused = 100
const refusedForMs = 60_000

const overlayKinds: OverlayKind[] = ['incident', 'machine-action', 'machine-tag', 'alert']

type Job = {
  task: HuntTask
  limitMs: number
  resolve: (outcome: HuntingOutcome) => void
  reject: (error: Error) => void
}

/** A thread that a closed simulator left, with the query language loaded: the next simulator of this process takes it. */
let spare: Worker | undefined

/**
 * Runs hunting queries in a thread, one after the other, so that no query,
 * whatever it costs, keeps the simulator from answering.
 */
export class HuntingThread {
  #worker: Worker | undefined
  #jobs: Job[] = []
  #timer: NodeJS.Timeout | undefined
  #lastId = 0
  readonly #refused = new Map<string, { outcome: HuntingOutcome; until: number }>()

  run(data: TenantData, request: HuntRequest): Promise<HuntingOutcome> {
    const refused = this.#refused.get(request.query)
    if (refused && refused.until > performance.now()) return Promise.resolve(refused.outcome)

    const { profile, world } = data
    const changes = overlayKinds.map(kind => [kind, [...world.overlay.entries(profile.tenantId, kind)]])
    const seconds = Math.min(request.limits.seconds, mostSeconds)
    const task: HuntTask = {
      id: ++this.#lastId,
      request: { ...request, limits: { ...request.limits, seconds } },
      profile,
      epoch: world.epoch,
      now: world.now(),
      changes: Object.fromEntries(changes),
    }
    return new Promise((resolve, reject) => {
      this.#jobs.push({ task, limitMs: seconds * 1000 + graceMs, resolve, reject })
      if (this.#jobs.length === 1) this.#next()
    })
  }

  /** Loads the query language before the first query needs it. */
  warmUp(): void {
    this.#worker ??= this.#start()
    this.#worker.unref()
  }

  async close(): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    clearTimeout(this.#timer)
    const jobs = this.#jobs.splice(0)
    for (const { reject } of jobs) reject(new Error('the simulator is closing'))
    if (worker && jobs.length === 0 && !spare) keep(worker)
    else await worker?.terminate()
  }

  #next(): void {
    const [job] = this.#jobs
    this.#worker ??= this.#start()
    if (job) {
      this.#worker.ref()
      this.#worker.postMessage(job.task)
    } else {
      this.#worker.unref()
    }
  }

  #start(): Worker {
    const worker =
      takeSpare() ??
      new Worker(new URL('./thread.ts', import.meta.url), {
        resourceLimits: { maxOldGenerationSizeMb: memoryMb },
      })
    worker.on('message', (message: FromThread) => this.#hear(message))
    worker.on('error', error => {
      const isMemory = 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
      if (worker === this.#worker) this.#end(isMemory ? tooCostly : error)
    })
    worker.on('exit', code => {
      if (worker === this.#worker) this.#end(new Error(`the hunting thread ended with code ${code}`))
    })
    return worker
  }

  #hear(message: FromThread): void {
    const [job] = this.#jobs
    if (!job || job.task.id !== message.id) return
    clearTimeout(this.#timer)
    if (message.kind === 'started') {
      this.#timer = setTimeout(() => this.#end(tooCostly), mostBindMs)
    } else if (message.kind === 'bound') {
      this.#timer = setTimeout(() => this.#end({ kind: 'timeout' }), job.limitMs)
    } else {
      this.#jobs.shift()
      if (message.kind === 'failed') job.reject(new Error(message.message))
      else job.resolve(message.outcome)
      this.#next()
    }
  }

  /** Ends the thread and with it the query it is at; the others go on in a new one. */
  #end(why: HuntingOutcome | Error): void {
    clearTimeout(this.#timer)
    const worker = this.#worker
    this.#worker = undefined
    void worker?.terminate()
    const job = this.#jobs.shift()
    if (why instanceof Error) job?.reject(why)
    else if (job) {
      job.resolve(why)
      this.#refuse(job.task.request.query, why)
    }
    if (this.#jobs.length > 0) this.#next()
  }

  #refuse(query: string, outcome: HuntingOutcome): void {
    if (this.#refused.size >= mostRefused) this.#refused.clear()
    this.#refused.set(query, { outcome, until: performance.now() + refusedForMs })
  }
}

function keep(worker: Worker): void {
  const forget = (): void => {
    if (spare === worker) spare = undefined
  }
  silence(worker)
  worker.on('error', forget).on('exit', forget).unref()
  spare = worker
}

function takeSpare(): Worker | undefined {
  const worker = spare
  spare = undefined
  if (worker) silence(worker)
  return worker
}

/** Takes our listeners off, and not those with which Node starts and stops the port. */
function silence(worker: Worker): void {
  for (const event of ['message', 'error', 'exit']) worker.removeAllListeners(event)
}

const tooCostly: HuntingOutcome = {
  kind: 'refused',
  message: 'Query stopped due to excessive resource consumption.',
}
