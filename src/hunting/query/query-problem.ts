/** What stands against a query, with the place to mark and what to do about it. */
export type QueryProblem = {
  kind: 'syntax' | 'unknown-name' | 'semantic' | 'control-command'
  severity: 'error' | 'warning'
  message: string
  remedy: string
  /** offset in UTF-16 code units */
  start: number
  length: number
  /** 1-based */
  line: number
  /** 1-based, in UTF-16 code units */
  column: number
  /** the name that is not known */
  name?: string
  /** known names that look like it, nearest first */
  suggestions?: string[]
}

type Described = Omit<QueryProblem, 'line' | 'column'>

/** Completes a problem with the line and column of its start. */
export function placeProblem(query: string, problem: Described): QueryProblem {
  return { ...problem, ...positionOf(query, problem.start) }
}

/** Line and column, both from 1, of an offset; `\r\n`, `\n` and `\r` each end a line. */
function positionOf(text: string, offset: number): { line: number; column: number } {
  let line = 1
  let lineStart = 0
  for (const { index, 0: ending } of text.matchAll(/\r\n|\n|\r/g)) {
    if (index + ending.length > offset) break
    line++
    lineStart = index + ending.length
  }
  return { line, column: offset - lineStart + 1 }
}
