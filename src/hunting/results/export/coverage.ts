import { filterWords, type RowSelection } from '../row-selection.ts'
import { renamedColumns, type UnionColumn } from '../union-columns.ts'

/**
 * Who was asked and who answered; `ledger` in the JSON API and in exports. `asked` is the sum of `answered`, the
 * tenants of `failed`, `waiting` and `canceled`; `empty` and `truncated` are
 * among the answered.
 */
export type Coverage = {
  asked: number
  /** tenants whose whole or cut answer is in the result */
  answered: number
  /** answered, with no rows */
  empty: number
  /** per reason: the failure's name, its meaning in words, how many tenants; expected of a tenant that can never answer */
  failed: { name: string; reason: string; tenants: number; isExpected: boolean }[]
  /** answered, but cut by a limit */
  truncated: number
  /** not answered yet, or waiting to be asked again */
  waiting: number
  /** when the last of the waiting is tried again, ISO 8601 UTC; null when not known */
  waitingUntil: string | null
  /** never asked because the hunt was canceled */
  canceled: number
  rows: number
}

/**
 * The coverage of an export. `excerpt` is there when the export is not the whole
 * result as it came: what its rows had to fit, their order, and how many of
 * the `rows` it counts they are.
 */
export type ExportCoverage = Coverage & { excerpt?: RowSelection & { rows: number } }

/** Whether every tenant that can answer is in the result with all its rows, and at least one is. */
export function isComplete(coverage: Coverage): boolean {
  const { asked, answered, truncated } = coverage
  if (answered === 0 && asked > 0) return false
  return answered + cannotAnswer(coverage) === asked && truncated === 0
}

/** Tenants that can never answer this query: they lack a role, a license or a table. */
export function cannotAnswer({ failed }: Pick<Coverage, 'failed'>): number {
  return failed.reduce((sum, { tenants, isExpected }) => sum + (isExpected ? tenants : 0), 0)
}

/**
 * The coverage in words, one statement a line, for a file beside an export or the head
 * of a page.
 *
 * @param columns of the export, to tell which of them bear another name than in the query
 */
export function coverageText(coverage: ExportCoverage, columns: readonly UnionColumn[] = []): string {
  const { asked, answered, empty, failed, truncated, waiting, waitingUntil, canceled, rows } = coverage
  const lines = [
    ...excerptLines(coverage),
    isComplete(coverage) ? 'The result of the hunt is complete.' : 'The result of the hunt is not complete.',
    `${tenants(asked)} asked`,
    `${tenants(answered)} answered with ${rows} ${rows === 1 ? 'row' : 'rows'}, ${empty} of them with nothing`,
  ]
  if (truncated > 0)
    lines.push(`${tenants(truncated)} answered with more than a limit allows: rows are missing`)
  for (const { name, reason, tenants: count, isExpected } of failed)
    lines.push(`${tenants(count)} ${isExpected ? 'cannot answer' : 'failed'}: ${reason} (${name})`)
  if (waiting > 0) {
    lines.push(
      `${tenants(waiting)} not answered yet${waitingUntil ? `, tried again until ${waitingUntil}` : ''}`,
    )
  }
  if (canceled > 0) lines.push(`${tenants(canceled)} not asked because the hunt was canceled`)
  for (const { name, source } of renamedColumns(columns))
    lines.push(`Column ${name} is ${source} in the query`)
  // A reason can quote a service: one fact stays one line.
  return `${lines.map(line => line.replaceAll(/\s+/g, ' ')).join('\n')}\n`
}

function excerptLines({ excerpt, rows }: ExportCoverage): string[] {
  if (!excerpt) return []
  const { filters, sort } = excerpt
  const part = `This is a part of the result: ${excerpt.rows} of ${rows} rows, only those where ${filters.map(filterWords).join(', and ')}`
  return [
    ...(filters.length > 0 ? [part] : []),
    ...(sort ? [`Sorted by ${sort.column}, ${sort.descending ? 'descending' : 'ascending'}`] : []),
  ]
}

function tenants(count: number): string {
  return `${count} ${count === 1 ? 'tenant' : 'tenants'}`
}
