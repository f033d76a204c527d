import { KqlError, runQuery } from '../../kql/index.ts'
import type { KqlResult } from '../../kql/types.ts'
import type { TenantData } from '../tenant-data.ts'
import { msOfTicks } from '../ticks.ts'
import { dataOf } from '../world-data.ts'
import { costHead } from './cost-head.ts'
import type { HuntingOutcome, HuntRequest } from './task.ts'
import { AnswerTooLarge, writeAnswer } from './write-answer.ts'

/**
 * Runs a query over a tenant's tables and writes the answer down.
 *
 * @param on.bound called before the first row is read
 * @param on.result called with the rows before they are written
 */
export function runHunt(
  data: TenantData,
  { surface, query, span, limits, style, head }: HuntRequest,
  on: { bound?: () => void; result?: (result: KqlResult) => void } = {},
): HuntingOutcome {
  const database = dataOf(data.world).hunting.open(data, surface, span.start)
  const started = performance.now()
  try {
    const result = runQuery(query, database, {
      now: data.world.now(),
      // The engine takes milliseconds: up to the next one, so that what came last is not cut off.
      timespan: { start: new Date(msOfTicks(span.start)), end: new Date(msOfTicks(span.end) + 1) },
      maxRows: limits.rows,
      deadlineMs: limits.seconds * 1000,
      onBound: on.bound,
    })
    on.result?.(result)
    const seconds = (performance.now() - started) / 1000
    const before = head === 'cost' ? costHead(result, seconds) : head.text
    return { kind: 'answer', json: writeAnswer(result, style, before, limits.bytes) }
  } catch (error) {
    if (error instanceof AnswerTooLarge) return { kind: 'refused', message: tooLarge }
    if (!(error instanceof KqlError)) throw error
    return error.kind === 'timeout' ? { kind: 'timeout' } : { kind: 'refused', message: error.message }
  }
}

const tooLarge =
  'Query execution has exceeded the allowed result size. ' +
  'Optimize your query by limiting the number of results and try again'
