import { type ExportSource, unifiedRows } from '../../../hunting/results/export/source.ts'
import type { Row } from '../../../hunting/results/model.ts'
import { showRows } from '../hunts/results/cells.ts'

/** Rows on the page; the exports have them all. */
const mostShown = 100

/** The first new rows of a run as the page's table shows them. */
export async function showNewRows(source: ExportSource) {
  const rows: Row[] = []
  for await (const batch of unifiedRows(source)) {
    rows.push(...batch.slice(0, mostShown - rows.length))
    if (rows.length >= mostShown) break
  }
  return { columns: source.columns, rows: showRows(source.columns, rows, 0), total: source.coverage.rows }
}
