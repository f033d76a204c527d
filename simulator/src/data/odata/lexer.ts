import { parseTicks } from '../ticks.ts'
import { ODataProblem } from './problem.ts'

export type Token =
  | { kind: 'word'; text: string }
  | { kind: 'string'; text: string }
  | { kind: 'number'; value: number }
  | { kind: 'time'; ticks: bigint }
  | { kind: 'mark'; text: '(' | ')' | ',' | '/' | ':' }

const patterns = {
  space: /\s+/y,
  string: /'((?:[^']|'')*)'/y,
  time: /\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)?(?:Z|[+-]\d\d:\d\d)?/iy,
  number: /-?\d+(?:\.\d+)?(?![\w-])/y,
  word: /[A-Za-z_@][\w.@]*/y,
  mark: /[(),/:]/y,
}

/**
 * Cuts a `$filter` into its parts.
 *
 * @throws ODataProblem for text that OData's grammar has no place for
 */
export function readTokens(text: string): Token[] {
  const tokens: Token[] = []
  let position = 0
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = position
    const match = pattern.exec(text)
    if (match) position = pattern.lastIndex
    return match
  }

  while (position < text.length) {
    if (take(patterns.space)) continue
    const at = position
    const quoted = take(patterns.string)
    if (quoted) {
      tokens.push({ kind: 'string', text: (quoted[1] ?? '').replaceAll("''", "'") })
      continue
    }
    const time = take(patterns.time)
    if (time) {
      const ticks = parseTicks(time[0])
      if (ticks === undefined)
        throw new ODataProblem(`Unrecognized date literal '${time[0]}' at position ${at}.`)
      tokens.push({ kind: 'time', ticks })
      continue
    }
    const number = take(patterns.number)
    if (number) {
      tokens.push({ kind: 'number', value: Number(number[0]) })
      continue
    }
    const word = take(patterns.word)
    if (word) {
      tokens.push({ kind: 'word', text: word[0] })
      continue
    }
    const mark = take(patterns.mark)?.[0]
    if (mark === '(' || mark === ')' || mark === ',' || mark === '/' || mark === ':') {
      tokens.push({ kind: 'mark', text: mark })
      continue
    }
    const reason = text.charAt(at) === "'" ? 'There is an unterminated string literal' : 'Syntax error'
    throw new ODataProblem(`${reason} at position ${at} in '${text.slice(0, 200)}'.`)
  }
  return tokens
}
