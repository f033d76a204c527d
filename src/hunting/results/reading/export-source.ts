import type { Actor } from '../../../tenants/actor.ts'
import type { HuntRow } from '../../hunts/store.ts'
import type { Coverage, ExportCoverage } from '../export/coverage.ts'
import type { ExportSource } from '../export/source.ts'
import { isSelection, type RowSelection } from '../row-selection.ts'
import type { Results } from './results.ts'
import { readChunks, readColumns } from './rows.ts'
import type { ReadingStore } from './store.ts'

/** What an export is written from. `fileName` has no extension; it says when the file is not the whole result. */
export type HuntExport = ExportSource & { fileName: string }

/**
 * The whole result as it came, or a selection of its rows, and how complete it is.
 *
 * @param coverage of the hunt, over the tenants that the actor may see
 * @throws AppError `invalid` for a selection that cannot be
 */
export async function exportSourceOf(
  { reading, results }: { reading: ReadingStore; results: Results },
  actor: Actor,
  hunt: HuntRow,
  selection: RowSelection,
  coverage: Coverage,
): Promise<HuntExport> {
  if (!isSelection(selection)) {
    const { columns } = await readColumns(reading, actor, hunt.id)
    const fileName = fileNameOf(hunt, coverage)
    return { columns, chunks: readChunks(reading, actor, hunt.id), coverage, fileName }
  }
  const { columns, total, rows } = await results.select(actor, hunt, selection)
  const excerpted = { ...coverage, excerpt: { ...selection, rows: total } }
  const fileName = `${fileNameOf(hunt, coverage)}-${suffixOf(excerpted)}`
  return { columns, rows, coverage: excerpted, fileName }
}

function suffixOf({ excerpt, rows }: ExportCoverage): string {
  return excerpt && excerpt.filters.length > 0 ? `filtered-${excerpt.rows}-of-${rows}-rows` : 'sorted'
}

/** Safe on any file system and in any header; says which hunt and when. */
function fileNameOf(hunt: HuntRow, { waiting }: Coverage): string {
  const name = (hunt.name ?? 'hunt')
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60)
    .toLowerCase()
  const time = hunt.createdAt.toISOString().slice(0, 16).replace(/[-:]/g, '').replace('T', '-')
  return `${name || 'hunt'}-${time}${waiting > 0 ? '-incomplete' : ''}`
}
