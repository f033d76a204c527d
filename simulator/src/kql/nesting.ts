import { KqlError } from './error.ts'

/** The parser's time explodes with the depth of brackets: seconds at two thousand. */
const deepest = 200

/**
 * Refuses a query whose brackets nest deeper than any that somebody wrote by
 * hand. Brackets in texts count too, which only makes the limit stricter.
 *
 * @throws KqlError `limit`
 */
export function refuseDeepNesting(query: string): void {
  let depth = 0
  for (const character of query) {
    if (character === '(' || character === '[' || character === '{') depth += 1
    else if (character === ')' || character === ']' || character === '}') depth = Math.max(0, depth - 1)
    if (depth > deepest) {
      throw new KqlError('limit', 'The query is nested too deeply. Fix syntax errors in your query.')
    }
  }
}
