import type { Audit } from '../../../audit/audit.ts'
import type { Database } from '../../../platform/database/index.ts'
import type { Actor } from '../../../tenants/actor.ts'
import { findVisible } from '../../hunts/lookup.ts'
import { countedExport } from '../export/counted-export.ts'
import type { Coverage } from '../export/coverage.ts'
import type { ExportChunk } from '../export/source.ts'
import type { RowSelection } from '../row-selection.ts'
import type { ColumnUnion } from '../union-columns.ts'
import { exportSourceOf, type HuntExport } from './export-source.ts'
import type { ResultCache } from './result-cache.ts'
import type { Timeline } from './result-queries.ts'
import {
  createResults,
  type GroupOptions,
  type HuntGroups,
  type HuntPage,
  type PageOptions,
  type TimelineOptions,
} from './results.ts'
import { readChunks, readColumns } from './rows.ts'
import type { ReadingStore } from './store.ts'

/** What hunts found, in the tenants that the actor may see. */
export type HuntReader = {
  /** Columns over all tenants that answered so far. @throws AppError `not_found` */
  columns(actor: Actor, id: string): Promise<ColumnUnion>
  /**
   * Some rows: by tenant's name and as they came, or sorted and filtered;
   * `limit` 1–1,000, default 100. The first sorted look at a large result takes
   * a while, as its table is made.
   *
   * @throws AppError `not_found`, `invalid` for a column that is not there or a value that does not fit it
   */
  page(actor: Actor, id: string, options?: PageOptions): Promise<HuntPage>
  /** Rows grouped by columns, rarest first; `limit` 1–1,000, default 100. @throws AppError `not_found`, `invalid` */
  groups(actor: Actor, id: string, options: GroupOptions): Promise<HuntGroups>
  /** Rows over time; null when there are no times. @throws AppError `not_found`, `invalid` */
  timeline(actor: Actor, id: string, options?: TimelineOptions): Promise<Timeline | null>
  /** All rows in the same order, in bounded memory. @throws AppError `not_found` at the first step */
  rowChunks(actor: Actor, id: string): AsyncGenerator<ExportChunk>
  /**
   * Everything that an export of the result, or of a selection of its rows, needs; rows are read as they
   * are written.
   *
   * @throws AppError `not_found`, `invalid` for a selection that cannot be
   */
  exportSource(actor: Actor, id: string, selection?: Partial<RowSelection>): Promise<HuntExport>
}

export function createHuntReader({
  db,
  reading,
  cache,
  coverage,
  audit,
}: {
  db: Database
  reading: ReadingStore
  cache: ResultCache
  audit: Pick<Audit, 'record'>
  /** Of a hunt, over the tenants that the actor may see. */
  coverage: (actor: Actor, id: string) => Promise<Coverage>
}): HuntReader {
  const results = createResults({ db, reading, cache })

  return {
    async columns(actor, id) {
      const hunt = await findVisible(db, actor, id)
      return readColumns(reading, actor, hunt.id)
    },

    async page(actor, id, options = {}) {
      return results.page(actor, await findVisible(db, actor, id), options)
    },

    async groups(actor, id, options) {
      return results.groups(actor, await findVisible(db, actor, id), options)
    },

    async timeline(actor, id, options = {}) {
      return results.timeline(actor, await findVisible(db, actor, id), options)
    },

    async *rowChunks(actor, id) {
      const hunt = await findVisible(db, actor, id)
      yield* readChunks(reading, actor, hunt.id)
    },

    async exportSource(actor, id, { filters = [], sort = null } = {}) {
      const hunt = await findVisible(db, actor, id)
      const account = await coverage(actor, id)
      const source = await exportSourceOf({ reading, results }, actor, hunt, { filters, sort }, account)
      return countedExport(source, async counted => {
        const detail = { name: hunt.name, query: hunt.query, tenants: account.answered, filters, ...counted }
        await audit.record({ actor, action: 'hunt.exported', target: hunt.id, detail })
      })
    },
  }
}
