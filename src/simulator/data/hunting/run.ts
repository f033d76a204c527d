import { KqlError, runQuery } from '../../kql/index.ts'
import type { KqlResult } from '../../kql/types.ts'
import type { HuntingLimits, Surface } from '../../world.ts'
import type { TenantData } from '../tenant-data.ts'
import { msOfTicks } from '../ticks.ts'
import { dataOf } from '../world-data.ts'
import type { Span } from './timespan.ts'
import { type AnswerStyle, AnswerTooLarge, writeAnswer } from './write-answer.ts'

export type HuntingOutcome =
  | { kind: 'answer'; json: string }
  /** the query cannot be answered; the message is the engine's */
  | { kind: 'refused'; message: string }
  | { kind: 'timeout' }

/**
 * Runs a query over a tenant's tables and writes the answer down.
 *
 * @param head members that come before the schema, made from the result and the time it took
 */
export function runHunt(
  data: TenantData,
  surface: Surface,
  request: { query: string; span: Span; limits: HuntingLimits },
  style: AnswerStyle,
  head: (result: KqlResult, seconds: number) => string,
): HuntingOutcome {
  const { query, span, limits } = request
  const database = dataOf(data.world).hunting.open(data, surface, span.start)
  const started = performance.now()
  try {
    const result = runQuery(query, database, {
      now: data.world.now(),
      // The engine takes milliseconds: up to the next one, so that what came last is not cut off.
      timespan: { start: new Date(msOfTicks(span.start)), end: new Date(msOfTicks(span.end) + 1) },
      maxRows: limits.rows,
      deadlineMs: limits.seconds * 1000,
    })
    const seconds = (performance.now() - started) / 1000
    return { kind: 'answer', json: writeAnswer(result, style, head(result, seconds), limits.bytes) }
  } catch (error) {
    if (error instanceof AnswerTooLarge) return { kind: 'refused', message: tooLarge }
    if (!(error instanceof KqlError)) throw error
    return error.kind === 'timeout' ? { kind: 'timeout' } : { kind: 'refused', message: error.message }
  }
}

const tooLarge =
  'Query execution has exceeded the allowed result size. ' +
  'Optimize your query by limiting the number of results and try again'
