import { LRUCache } from 'lru-cache'
import { type Failure, ownFailure } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { namedFailure } from '../../microsoft/http/index.ts'
import { isDatabaseError } from '../../platform/database/connections/outage.ts'
import { withNewColumns } from '../results/union-columns.ts'
import { askOnce, type LargeAnswers, type TenantAnswer, type TenantReply } from './ask-tenant.ts'
import type { Packer } from './packing/packer.ts'
import { retryDelay } from './retry-delay.ts'
import type { EngineStore } from './store.ts'
import {
  type Chunk,
  type ClaimedTask,
  type HuntParameters,
  namesOf,
  type Outcome,
  type Slices,
  type Span,
} from './task.ts'
import type { Lease } from './task-queue.ts'
import { absoluteSpan, halves, lengthMs, timespanOf } from './timespan.ts'

export type RunDeps = {
  store: Pick<EngineStore, 'parameters'>
  log: Log
  pack: Packer['pack']
  large: LargeAnswers
  /** Null when the answers of slices can simply be put together, else why not. */
  whyNotSliced: (query: string) => Promise<string | null>
  /** Writes progress; resolves to false when the lease was lost. */
  progress: (task: ClaimedTask, outcome: Outcome) => Promise<boolean>
  /** Rows after which the service cuts. */
  rowCap: number
  /** Calls at most for one tenant of one hunt. */
  callBudget: number
  now: () => Date
  random: () => number
}

/** Runs one leased task. Null when nothing is to be written: it was given up, or its hunt is gone. */
type RunTask = (lease: Lease) => Promise<Outcome | null>

/** Microsoft's limit for one answer. */
export const serviceRowCap = 100_000

/** Failures that ask for a shorter span. A query that ran out of its time is not among them: asking for its spans would run it again. */
const cutBy = new Set(['result_too_large', 'too_large'])

/** How often a task may end by a fault of ours, and how long it rests in between. */
const mostOwnFaults = 3
const ownFaultWaitMs = 1_000

/** A span as short as this is not cut further: more rows than the cap within it stay missing. */
const shortestMs = 60_000

/** @throws what the database failed with: our own trouble is no outcome of the tenant's */
export function createRunTask(deps: RunDeps): RunTask {
  const parametersOf = cacheParameters(deps.store)

  return async lease => {
    const { task, abort } = lease
    const parameters = await parametersOf(task.huntId)
    if (!parameters) return null
    try {
      const outcome = await fetchAnswer(deps, lease, parameters)
      return abort.signal.aborted ? null : outcome
    } catch (error) {
      if (abort.signal.aborted) return null
      if (isDatabaseError(error)) throw error
      deps.log.error({ err: error, ...namesOf(task) }, 'a hunt task failed unexpectedly')
      return ownTrouble(task)
    }
  }
}

/**
 * Gets one tenant's answer. One call in most cases; when the answer hits the
 * service's cap, span by span, each written as it comes, so that a task that
 * was interrupted goes on where it stood.
 *
 * @returns what becomes of the task; null when the lease was lost meanwhile
 */
async function fetchAnswer(deps: RunDeps, lease: Lease, parameters: HuntParameters): Promise<Outcome | null> {
  const { task, ask, abort } = lease
  if (task.slices) return fetchSlices(deps, lease, parameters, task.slices)

  const reply = await askOnce(ask, deps, parameters, abort.signal)
  const capped = isCapped(deps, reply)
  if (!capped) return 'answer' in reply ? whole(reply.answer) : failed(deps, task, parameters, reply.failure)

  const span = absoluteSpan(parameters.timespan, deps.now())
  const obstacle = await slicingObstacle(deps, task, parameters, span)
  if (obstacle === null && span) {
    return fetchSlices(deps, lease, parameters, { done: [], open: halves(span), calls: 1 })
  }
  if (!('answer' in reply)) return failed(deps, task, parameters, reply.failure)
  return { ...whole(reply.answer), truncated: true, error: cutFailure(reply.answer, obstacle ?? '') }
}

async function slicingObstacle(
  deps: RunDeps,
  task: ClaimedTask,
  parameters: HuntParameters,
  span: Span | null,
): Promise<string | null> {
  if (!task.roles.includes('graph:ThreatHunting.Read.All'))
    return 'the older interface of this tenant takes no time span'
  if (!span) return 'the time span of the hunt is not understood here'
  return deps.whyNotSliced(parameters.query)
}

async function fetchSlices(
  deps: RunDeps,
  { task, ask, abort }: Lease,
  parameters: HuntParameters,
  begun: Slices,
): Promise<Outcome | null> {
  let slices = begun
  let { rowCount, columns, chunkCount, failures } = task
  let error: Failure | null = null
  let durationMs = 0
  const progressSoFar = (): Omit<Outcome, 'status'> => ({
    rowCount,
    columns,
    slices,
    error,
    durationMs,
    surface: 'graph',
    chunks: [],
  })

  for (let span = slices.open[0]; span; span = slices.open[0]) {
    if (slices.calls >= deps.callBudget || deps.now().getTime() >= parameters.deadline) {
      error = budgetFailure(slices, deps.callBudget)
      break
    }
    const request = { query: parameters.query, timespan: timespanOf(span) }
    const reply = await askOnce(ask, deps, request, abort.signal)
    slices = { ...slices, calls: slices.calls + 1 }
    const rest = slices.open.slice(1)

    if (isCapped(deps, reply) && lengthMs(span) > shortestMs) {
      slices = { ...slices, open: [...halves(span), ...rest] }
      continue
    }
    if (!('answer' in reply)) {
      const tries = { attempts: task.attempts, failures }
      const again = retryDelay(reply.failure, tries, leftMs(deps, parameters), deps.random())
      if (again) return { ...progressSoFar(), status: 'waiting', ...again, error: reply.failure }
      error = reply.failure
      break
    }
    const { packed } = reply.answer
    if (isCapped(deps, reply)) error = cutFailure(reply.answer, 'so many rows fall within one minute')
    slices = { ...slices, done: [...slices.done, { ...span, rows: packed.rowCount }], open: rest }
    failures = 0
    rowCount += packed.rowCount
    durationMs += reply.answer.durationMs
    columns = withNewColumns(columns, packed.columns)
    const chunks = numbered(packed.chunks, chunkCount)
    chunkCount += chunks.length
    if (!(await deps.progress(task, { ...progressSoFar(), status: 'running', chunks }))) return null
  }
  const isSomething = slices.done.length > 0
  return {
    ...progressSoFar(),
    status: isSomething ? 'succeeded' : 'failed',
    truncated: isSomething && error !== null,
  }
}

function isCapped(deps: RunDeps, reply: TenantReply): boolean {
  return 'answer' in reply ? reply.answer.packed.rowCount >= deps.rowCap : cutBy.has(reply.failure.code)
}

function whole({ packed, surface, durationMs }: TenantAnswer): Outcome {
  return {
    status: 'succeeded',
    durationMs,
    rowCount: packed.rowCount,
    columns: packed.columns,
    slices: null,
    error: null,
    surface,
    chunks: numbered(packed.chunks, 0),
  }
}

function failed(deps: RunDeps, task: ClaimedTask, parameters: HuntParameters, error: Failure): Outcome {
  const again = retryDelay(error, task, leftMs(deps, parameters), deps.random())
  const rest = { rowCount: 0, columns: null, slices: null, error, chunks: [] }
  return again ? { status: 'waiting', ...again, ...rest } : { status: 'failed', ...rest }
}

function leftMs(deps: RunDeps, parameters: HuntParameters): number {
  return parameters.deadline - deps.now().getTime()
}

function cutFailure({ surface, packed }: TenantAnswer, why: string): Failure {
  return namedFailure('result_too_large', {
    service: surface,
    message: `The service cut the answer at ${packed.rowCount} rows; it could not be asked in shorter spans: ${why}.`,
  })
}

function budgetFailure({ open, calls }: Slices, budget: number): Failure {
  const why = calls >= budget ? `${budget} calls were made` : 'the hunt’s time was over'
  return namedFailure('result_too_large', {
    service: 'graph',
    message: `The answer was fetched span by span until ${why}; ${open.length} spans from ${open[0]?.from} on are missing.`,
  })
}

function numbered(chunks: Omit<Chunk, 'seq'>[], first: number): Chunk[] {
  return chunks.map((chunk, index) => ({ ...chunk, seq: first + index }))
}

/** A hunt's query never changes, and its deadline only at the end of a suspension: read seldom while it is worked on. */
function cacheParameters(store: Pick<EngineStore, 'parameters'>): EngineStore['parameters'] {
  const cache = new LRUCache<string, Promise<HuntParameters | null>>({ max: 200, ttl: 10_000 })
  return huntId => {
    const known = cache.get(huntId)
    if (known) return known
    const parameters = store.parameters(huntId)
    cache.set(huntId, parameters)
    parameters.catch(() => cache.delete(huntId))
    return parameters
  }
}

/** A fault of this process is not the tenant's: the task is tried again, perhaps elsewhere, before it is told as ours. */
function ownTrouble({ rowCount, columns, slices, failures }: ClaimedTask): Outcome {
  const kept = { rowCount, columns, slices, chunks: [] }
  if (failures + 1 < mostOwnFaults) {
    return { ...kept, status: 'waiting', waitMs: ownFaultWaitMs, failures: failures + 1, error: null }
  }
  const error = ownFailure({
    code: 'unexpected',
    message: 'Something went wrong in Tenantry while the answer was read; the log has the details.',
    remedy: 'Run the hunt again; if it repeats, report it.',
  })
  return { ...kept, status: 'failed', error: { ...error, permanent: false } }
}
