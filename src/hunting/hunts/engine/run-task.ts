import type { RemoteFailure } from '../../../errors.ts'
import { namedFailure } from '../../../remote/index.ts'
import type { Column } from '../../results/model.ts'
import { askTenant, type RunHunt, type TenantAnswer, timespanOf } from './ask-tenant.ts'
import type { LargeAnswers } from './large-answers.ts'
import type { Packer } from './packer.ts'
import { patience } from './patience.ts'
import type { Chunk, Claim, HuntOrder, Outcome, Slices, Span } from './task.ts'
import { absoluteSpan } from './timespan.ts'

export type TaskParts = {
  hunt: RunHunt
  pack: Packer['pack']
  large: LargeAnswers
  /** Null when the answers of slices can simply be put together, else why not. */
  whyNotSliced: (query: string) => string | null
  /** Writes progress; resolves to false when the claim was lost. */
  progress: (claim: Claim, outcome: Outcome) => Promise<boolean>
  /** Rows after which the service cuts. */
  rowCap: number
  /** Calls at most for one tenant of one hunt. */
  callBudget: number
  now: () => Date
  random: () => number
}

/** Microsoft's limit for one answer. */
export const serviceRowCap = 100_000

/** Failures that ask for a shorter span. */
const cutBy = new Set(['result_too_large', 'query_timeout', 'too_large'])

/** A span as short as this is not cut further: more rows than the cap within it stay missing. */
const shortestMs = 60_000

/**
 * Gets one tenant's answer. One call in most cases; when the answer hits the
 * service's cap, span by span, each written as it comes, so that a task that
 * was interrupted goes on where it stood.
 *
 * @returns what becomes of the task; null when the claim was lost meanwhile
 */
export async function runTask(
  parts: TaskParts,
  claim: Claim,
  order: HuntOrder,
  signal: AbortSignal,
): Promise<Outcome | null> {
  if (claim.slices) return runSlices(parts, claim, order, claim.slices, signal)

  const reply = await askTenant(parts, claim, order, signal)
  const capped = isCapped(parts, reply)
  if (!capped) return 'answer' in reply ? whole(reply.answer) : failed(parts, claim, order, reply.failure)

  const span = absoluteSpan(order.timespan, parts.now())
  const obstacle = slicingObstacle(parts, claim, order, span)
  if (obstacle === null && span) {
    return runSlices(parts, claim, order, { done: [], open: halves(span), calls: 1 }, signal)
  }
  if (!('answer' in reply)) return failed(parts, claim, order, reply.failure)
  return { ...whole(reply.answer), truncated: true, error: cutFailure(reply.answer, obstacle ?? '') }
}

function slicingObstacle(parts: TaskParts, claim: Claim, order: HuntOrder, span: Span | null): string | null {
  if (!claim.roles.includes('graph:ThreatHunting.Read.All'))
    return 'the older interface of this tenant takes no time span'
  if (!span) return 'the time span of the hunt is not understood here'
  return parts.whyNotSliced(order.query)
}

async function runSlices(
  parts: TaskParts,
  claim: Claim,
  order: HuntOrder,
  begun: Slices,
  signal: AbortSignal,
): Promise<Outcome | null> {
  let slices = begun
  let { rowCount, columns, chunkCount, failures } = claim
  let error: RemoteFailure | null = null
  let durationMs = 0
  const standing = (): Omit<Outcome, 'status'> => ({
    rowCount,
    columns,
    slices,
    error,
    durationMs,
    surface: 'graph',
    chunks: [],
  })

  for (let span = slices.open[0]; span; span = slices.open[0]) {
    if (slices.calls >= parts.callBudget || parts.now().getTime() >= order.deadline) {
      error = budgetFailure(slices, parts.callBudget)
      break
    }
    const reply = await askTenant(parts, claim, { query: order.query, timespan: timespanOf(span) }, signal)
    slices = { ...slices, calls: slices.calls + 1 }
    const rest = slices.open.slice(1)

    if (isCapped(parts, reply) && lengthMs(span) > shortestMs) {
      slices = { ...slices, open: [...halves(span), ...rest] }
      continue
    }
    if (!('answer' in reply)) {
      const tries = { attempts: claim.attempts, failures }
      const again = patience(reply.failure, tries, leftMs(parts, order), parts.random())
      if (again) return { ...standing(), status: 'waiting', ...again, error: reply.failure }
      error = reply.failure
      break
    }
    const { packed } = reply.answer
    if (isCapped(parts, reply)) error = cutFailure(reply.answer, 'so many rows fall within one minute')
    slices = { ...slices, done: [...slices.done, { ...span, rows: packed.rowCount }], open: rest }
    failures = 0
    rowCount += packed.rowCount
    durationMs += reply.answer.durationMs
    columns = withNewColumns(columns, packed.columns)
    const chunks = numbered(packed.chunks, chunkCount)
    chunkCount += chunks.length
    if (!(await parts.progress(claim, { ...standing(), status: 'running', chunks }))) return null
  }
  const isSomething = slices.done.length > 0
  return {
    ...standing(),
    status: isSomething ? 'succeeded' : 'failed',
    truncated: isSomething && error !== null,
  }
}

function isCapped(parts: TaskParts, reply: Awaited<ReturnType<typeof askTenant>>): boolean {
  return 'answer' in reply ? reply.answer.packed.rowCount >= parts.rowCap : cutBy.has(reply.failure.code)
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

function failed(parts: TaskParts, claim: Claim, order: HuntOrder, error: RemoteFailure): Outcome {
  const again = patience(error, claim, leftMs(parts, order), parts.random())
  const rest = { rowCount: 0, columns: null, slices: null, error, chunks: [] }
  return again ? { status: 'waiting', ...again, ...rest } : { status: 'failed', ...rest }
}

function leftMs(parts: TaskParts, order: HuntOrder): number {
  return order.deadline - parts.now().getTime()
}

function cutFailure({ surface, packed }: TenantAnswer, why: string): RemoteFailure {
  return namedFailure('result_too_large', {
    service: surface,
    message: `The service cut the answer at ${packed.rowCount} rows; it could not be asked in shorter spans: ${why}.`,
  })
}

function budgetFailure({ open, calls }: Slices, budget: number): RemoteFailure {
  const why = calls >= budget ? `${budget} calls were made` : 'the hunt’s time was over'
  return namedFailure('result_too_large', {
    service: 'graph',
    message: `The answer was fetched span by span until ${why}; ${open.length} spans from ${open[0]?.from} on are missing.`,
  })
}

function halves(span: Span): Span[] {
  const middle = new Date(Math.floor((Date.parse(span.from) + Date.parse(span.to)) / 2)).toISOString()
  return [
    { from: span.from, to: middle },
    { from: middle, to: span.to },
  ]
}

function lengthMs({ from, to }: Span): number {
  return Date.parse(to) - Date.parse(from)
}

function numbered(chunks: Omit<Chunk, 'seq'>[], first: number): Chunk[] {
  return chunks.map((chunk, index) => ({ ...chunk, seq: first + index }))
}

function withNewColumns(known: Column[] | null, found: Column[]): Column[] {
  if (!known) return found
  const names = new Set(known.map(({ name }) => name))
  return [...known, ...found.filter(({ name }) => !names.has(name))]
}
