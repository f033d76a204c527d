import { failureWords } from '../../microsoft/http/index.ts'
import type { Coverage } from '../results/export/coverage.ts'
import type { CoverageRow } from './coverage-store.ts'

/**
 * Failures of tenants that can never answer a query: no role for it, no
 * license, no such service or table. They are known exclusions, so a hunt is complete
 * without them; every other failure is a surprise.
 */
export const expectedFailures = [
  'role_missing',
  'license_missing',
  'service_missing',
  'table_missing',
] as const

const codes = new Set<string>(expectedFailures)

/** @param code our name of a failure, null or missing where there is none */
export function isExpectedFailure(code: string | null | undefined): boolean {
  return code !== null && code !== undefined && codes.has(code)
}

/** The account of who was asked and who answered, from tasks counted by how they ended. */
export function coverageOf(rows: CoverageRow[]): Coverage {
  const coverage: Coverage = {
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
    coverage.asked += tasks
    coverage.rows += count
    if (status === 'succeeded') {
      coverage.answered += tasks
      if (isEmpty) coverage.empty += tasks
      if (truncated) coverage.truncated += tasks
    } else if (status === 'failed') {
      failed.set(code ?? 'unknown', (failed.get(code ?? 'unknown') ?? 0) + tasks)
    } else if (status === 'canceled') {
      coverage.canceled += tasks
    } else {
      coverage.waiting += tasks
      coverage.waitingUntil = latest(coverage.waitingUntil, until)
    }
  }
  coverage.failed = [...failed]
    .map(([name, tenants]) => ({
      name,
      reason: failureWords(name).message,
      tenants,
      isExpected: isExpectedFailure(name),
    }))
    .toSorted((a, b) => b.tenants - a.tenants)
  return coverage
}

function latest(one: string | null, other: Date | null): string | null {
  if (other === null) return one
  const text = other.toISOString()
  return one !== null && one > text ? one : text
}
