import { isExpectedFailure } from '../../hunts/coverage.ts'
import type { Coverage } from '../../results/export/coverage.ts'
import type { ExportChunk, ExportSource } from '../../results/export/source.ts'
import { unionColumns } from '../../results/union-columns.ts'
import type { FindingView } from '../model.ts'

/**
 * New rows of a run as a result that can be exported: every row begins with
 * its tenant, and the coverage says who did not answer.
 *
 * @param newRows gives the rows from the beginning each time it is called
 * @param waiting tenants that have not answered yet
 */
export async function newRowsSource(
  findings: FindingView[],
  newRows: () => AsyncIterable<ExportChunk>,
  waiting: number,
): Promise<ExportSource> {
  const perTenant: { tenantId: string; columns: ExportChunk['columns'] }[] = []
  for await (const { tenantId, columns } of newRows()) perTenant.push({ tenantId, columns })
  return {
    columns: unionColumns(perTenant).columns,
    chunks: newRows(),
    coverage: coverageOf(findings, waiting),
  }
}

function coverageOf(findings: FindingView[], waiting: number): Coverage {
  const failed = new Map<string, Coverage['failed'][number]>()
  for (const { outcome, error } of findings) {
    if (outcome !== 'failed') continue
    const name = error?.code ?? 'unknown'
    const known = failed.get(name)
    if (known) known.tenants++
    else {
      const reason = error?.message ?? 'no reason was noted'
      failed.set(name, { name, reason, tenants: 1, isExpected: isExpectedFailure(name) })
    }
  }
  const answered = findings.filter(({ outcome }) => outcome === 'answered')
  return {
    asked: findings.length + waiting,
    answered: answered.length,
    empty: answered.filter(({ keptCount }) => keptCount === 0).length,
    failed: [...failed.values()].sort((one, other) => other.tenants - one.tenants),
    // Also cut: a tenant with more new rows than are kept.
    truncated: answered.filter(
      ({ truncated, newCount, keptCount, isBaseline }) => truncated || (!isBaseline && keptCount < newCount),
    ).length,
    waiting,
    waitingUntil: null,
    canceled: findings.filter(({ outcome }) => outcome === 'canceled').length,
    rows: findings.reduce((sum, { keptCount }) => sum + keptCount, 0),
  }
}
