import { failureWords } from '../../remote/index.ts'
import type { Ledger } from '../export/ledger.ts'
import type { LedgerRow } from './store.ts'

/** The account of who was asked and who answered, from tasks counted by how they ended. */
export function toLedger(rows: LedgerRow[]): Ledger {
  const ledger: Ledger = {
    asked: 0,
    answered: 0,
    empty: 0,
    failed: [],
    truncated: 0,
    waiting: 0,
    waitingUntil: null,
    canceled: 0,
    rows: 0,
  }
  const failed = new Map<string, number>()
  for (const { status, truncated, isEmpty, code, tasks, rows: count, until } of rows) {
    ledger.asked += tasks
    ledger.rows += count
    if (status === 'succeeded') {
      ledger.answered += tasks
      if (isEmpty) ledger.empty += tasks
      if (truncated) ledger.truncated += tasks
    } else if (status === 'failed') {
      failed.set(code ?? 'unknown', (failed.get(code ?? 'unknown') ?? 0) + tasks)
    } else if (status === 'canceled') {
      ledger.canceled += tasks
    } else {
      ledger.waiting += tasks
      ledger.waitingUntil = latest(ledger.waitingUntil, until)
    }
  }
  ledger.failed = [...failed]
    .map(([name, tenants]) => ({ name, reason: failureWords(name).message, tenants }))
    .toSorted((a, b) => b.tenants - a.tenants)
  return ledger
}

function latest(one: string | null, other: Date | null): string | null {
  if (other === null) return one
  const text = other.toISOString()
  return one !== null && one > text ? one : text
}
