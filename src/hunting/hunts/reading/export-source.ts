import type { Actor } from '../../../tenants/actor.ts'
import type { ExportLedger, Ledger } from '../../export/ledger.ts'
import type { ExportSource } from '../../export/source.ts'
import { isSelection, type RowSelection } from '../../results/row-selection.ts'
import type { HuntRecord } from '../store.ts'
import type { Results } from './results.ts'
import { readChunks, readColumns } from './rows.ts'
import type { ReadingStore } from './store.ts'

/** What an export is written from. `fileName` has no extension; it says when the file is not the whole result. */
export type HuntExport = ExportSource & { fileName: string }

/**
 * The whole result as it came, or a selection of its rows, and how complete it is.
 *
 * @param ledger of the hunt, over the tenants that the actor may see
 * @throws AppError `invalid` for a selection that cannot be
 */
export async function exportSourceOf(
  { reading, results }: { reading: ReadingStore; results: Results },
  actor: Actor,
  hunt: HuntRecord,
  selection: RowSelection,
  ledger: Ledger,
): Promise<HuntExport> {
  if (!isSelection(selection)) {
    const { columns } = await readColumns(reading, actor, hunt.id)
    return { columns, chunks: readChunks(reading, actor, hunt.id), ledger, fileName: fileNameOf(hunt) }
  }
  const { columns, total, rows } = await results.select(actor, hunt, selection)
  const excerpted = { ...ledger, excerpt: { ...selection, rows: total } }
  return { columns, rows, ledger: excerpted, fileName: `${fileNameOf(hunt)}-${suffixOf(excerpted)}` }
}

function suffixOf({ excerpt, rows }: ExportLedger): string {
  return excerpt && excerpt.filters.length > 0 ? `filtered-${excerpt.rows}-of-${rows}-rows` : 'sorted'
}

/** Safe on any file system and in any header; says which hunt and when. */
function fileNameOf(hunt: HuntRecord): string {
  const name = (hunt.name ?? 'hunt')
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60)
    .toLowerCase()
  const time = hunt.createdAt.toISOString().slice(0, 16).replace(/[-:]/g, '').replace('T', '-')
  return `${name || 'hunt'}-${time}`
}
