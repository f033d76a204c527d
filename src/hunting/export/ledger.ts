import { filterWords, type RowSelection } from '../results/row-selection.ts'

/**
 * Who was asked and who answered. `asked` is the sum of `answered`, the
 * tenants of `failed`, `waiting` and `canceled`; `empty` and `truncated` are
 * among the answered.
 */
export type Ledger = {
  asked: number
  /** tenants whose whole or cut answer is in the result */
  answered: number
  /** answered, with no rows */
  empty: number
  /** per reason: the failure's name, its meaning in words, how many tenants */
  failed: { name: string; reason: string; tenants: number }[]
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
 * The ledger of an export. `excerpt` is there when the export is not the whole
 * result as it came: what its rows had to fit, their order, and how many of
 * the ledger's `rows` they are.
 */
export type ExportLedger = Ledger & { excerpt?: RowSelection & { rows: number } }

/** Whether every tenant that was asked is in the result with all its rows. */
export function isComplete({ asked, answered, truncated }: Ledger): boolean {
  return answered === asked && truncated === 0
}

/** The ledger in words, a fact a line, for a file beside an export or the head of a page. */
export function ledgerText(ledger: ExportLedger): string {
  const { asked, answered, empty, failed, truncated, waiting, waitingUntil, canceled, rows } = ledger
  const lines = [
    ...excerptLines(ledger),
    isComplete(ledger) ? 'The result of the hunt is complete.' : 'The result of the hunt is not complete.',
    `${tenants(asked)} asked`,
    `${tenants(answered)} answered with ${rows} ${rows === 1 ? 'row' : 'rows'}, ${empty} of them with nothing`,
  ]
  if (truncated > 0)
    lines.push(`${tenants(truncated)} answered with more than a limit allows: rows are missing`)
  for (const { name, reason, tenants: count } of failed)
    lines.push(`${tenants(count)} failed: ${reason} (${name})`)
  if (waiting > 0) {
    lines.push(
      `${tenants(waiting)} not answered yet${waitingUntil ? `, tried again until ${waitingUntil}` : ''}`,
    )
  }
  if (canceled > 0) lines.push(`${tenants(canceled)} not asked because the hunt was canceled`)
  // A reason can quote a service: one fact stays one line.
  return `${lines.map(line => line.replaceAll(/\s+/g, ' ')).join('\n')}\n`
}

function excerptLines({ excerpt, rows }: ExportLedger): string[] {
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
