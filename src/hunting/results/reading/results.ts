import type { DuckDBConnection } from '@duckdb/node-api'
import type { Database } from '../../../platform/database/index.ts'
import { pageLimit } from '../../../platform/paging.ts'
import { type Actor, isLimited, systemActor } from '../../../tenants/actor.ts'
import { type HuntStatus, isOver } from '../../hunts/model.ts'
import { countTasks, findVisibleTenants, type HuntRow } from '../../hunts/store.ts'
import type { Row } from '../model.ts'
import type { RowFilter, RowSelection, RowSort } from '../row-selection.ts'
import type { ColumnConflict, ColumnUnion, UnionColumn } from '../union-columns.ts'
import type { ResultCache } from './result-cache.ts'
import {
  countRows,
  queryGroups,
  queryRows,
  queryTimeline,
  type RowGroup,
  streamRows,
  type Timeline,
} from './result-queries.ts'
import { buildResultTable } from './result-table.ts'
import type { RowScope } from './row-conditions.ts'
import { readColumns, readRange, readStored } from './rows.ts'
import type { ReadingStore } from './store.ts'

export type HuntPage = ColumnUnion & {
  /** In the order of `columns`: tenant's id and name first. */
  rows: Row[]
  offset: number
  /** Rows in all, after filters. */
  total: number
  /** Null at the end. */
  nextOffset: number | null
}

export type HuntGroups = {
  columns: string[]
  groups: RowGroup[]
  total: number
  offset: number
  nextOffset: number | null
}

export type PageOptions = { offset?: number; limit?: number; sort?: RowSort | null; filters?: RowFilter[] }
export type GroupOptions = {
  columns: string[]
  filters?: RowFilter[]
  /** A column of numbers: its sum, mean, least and greatest per group. */
  measure?: string | null
  /** Most frequent first; else the rarest, which is how the odd one is found. */
  common?: boolean
  /** In no order that the values have: the first of many are an even sample. */
  spread?: boolean
  offset?: number
  limit?: number
}
export type TimelineOptions = { column?: string | null; filters?: RowFilter[]; buckets?: number }

/** A result as a page shows it: rows in any order, groups, time. Reads of one hunt, which the actor was found to see. */
export type Results = {
  page(actor: Actor, hunt: HuntRow, options: PageOptions): Promise<HuntPage>
  groups(actor: Actor, hunt: HuntRow, options: GroupOptions): Promise<HuntGroups>
  timeline(actor: Actor, hunt: HuntRow, options: TimelineOptions): Promise<Timeline | null>
  /** All rows of a selection, counted at once and read as they are taken. @throws AppError `invalid` */
  select(actor: Actor, hunt: HuntRow, selection: RowSelection): Promise<SelectedRows>
}

export type SelectedRows = { columns: UnionColumn[]; total: number; rows: AsyncGenerator<Row[]> }

/** While a hunt runs its table is made anew, but not for every look. */
const stillFreshMs = 10_000

export function createResults({
  db,
  reading,
  cache,
}: {
  db: Database
  reading: ReadingStore
  cache: ResultCache
}): Results {
  const running = new Map<string, { state: string; at: number }>()

  /** Names the result as it is now: it changes with every tenant that answers or is offboarded. */
  async function stateOf(hunt: HuntRow): Promise<string> {
    const known = running.get(hunt.id)
    const over = isOver(hunt.status as HuntStatus)
    if (!over && known && Date.now() - known.at < stillFreshMs) return known.state
    running.delete(hunt.id)
    const counted = await countTasks(db, systemActor, [hunt.id])
    const state = ['succeeded', 'failed', 'canceled', 'waiting', 'running', 'queued']
      .map(status => counted.find(row => row.status === status))
      .map(row => `${row?.tasks ?? 0}.${row?.rows ?? 0}`)
      .join('-')
    if (!over) running.set(hunt.id, { state, at: Date.now() })
    return state
  }

  /** The table, how to make it, and what of it the actor may see. */
  async function tableOf(actor: Actor, hunt: HuntRow, filters: RowFilter[]) {
    const state = await stateOf(hunt)
    const limited = isLimited(actor)
    // The table has all tenants' rows and columns, whoever looks; each query is limited to what may be seen.
    const [whole, own, tenantIds] = await Promise.all([
      readColumns(reading, systemActor, hunt.id),
      limited ? readColumns(reading, actor, hunt.id) : null,
      limited ? findVisibleTenants(db, actor, hunt.id) : null,
    ])
    const names = own && new Set(own.columns.map(({ name }) => name))
    const columns = whole.columns
      .map((column, place) => ({ ...column, place }))
      .filter(({ name }) => !names || names.has(name))
    const build = (file: string, key: string | null) =>
      buildResultTable(file, whole.columns, readStored(reading, systemActor, hunt.id), key)
    const scope: RowScope = { columns, tenantIds, filters }
    return { name: `${whole.columns.length}-${state}`, build, scope, conflicts: (own ?? whole).conflicts }
  }

  async function withTable<T>(
    actor: Actor,
    hunt: HuntRow,
    filters: RowFilter[],
    work: (connection: DuckDBConnection, scope: RowScope, conflicts: ColumnConflict[]) => Promise<T>,
  ): Promise<T> {
    const { name, build, scope, conflicts } = await tableOf(actor, hunt, filters)
    return cache.use(hunt.id, name, build, connection => work(connection, scope, conflicts))
  }

  return {
    async page(actor, hunt, { sort = null, filters = [], ...range }) {
      const offset = Math.max(0, Math.floor(range.offset ?? 0))
      const limit = pageLimit(range.limit, { usual: 100, most: 1_000 })
      const found =
        sort || filters.length > 0
          ? await withTable(actor, hunt, filters, async (connection, scope, conflicts) => ({
              columns: plainColumns(scope),
              conflicts,
              ...(await queryRows(connection, scope, { sort, offset, limit })),
            }))
          : await stored(actor, hunt, { offset, limit })
      return {
        ...found,
        offset,
        nextOffset: offset + limit < found.total ? offset + limit : null,
      }
    },

    async groups(
      actor,
      hunt,
      { columns, filters = [], measure = null, common = false, spread = false, ...range },
    ) {
      const offset = Math.max(0, Math.floor(range.offset ?? 0))
      const limit = pageLimit(range.limit, { usual: 100, most: 1_000 })
      const found = await withTable(actor, hunt, filters, (connection, scope) =>
        queryGroups(connection, scope, { columns, measure, common, spread, offset, limit }),
      )
      return { columns, ...found, offset, nextOffset: offset + limit < found.total ? offset + limit : null }
    },

    timeline: (actor, hunt, { column = null, filters = [], buckets }) =>
      withTable(actor, hunt, filters, (connection, scope) =>
        queryTimeline(connection, scope, { column, buckets: pageLimit(buckets, { usual: 60, most: 500 }) }),
      ),

    async select(actor, hunt, { filters, sort }) {
      const { name, build, scope } = await tableOf(actor, hunt, filters)
      const total = await cache.use(hunt.id, name, build, connection => countRows(connection, scope, sort))
      const rows = cache.read(hunt.id, name, build, connection => streamRows(connection, scope, sort))
      return { columns: plainColumns(scope), total, rows }
    },
  }

  async function stored(actor: Actor, hunt: HuntRow, range: { offset: number; limit: number }) {
    const [union, counted] = await Promise.all([
      readColumns(reading, actor, hunt.id),
      countTasks(db, actor, [hunt.id]),
    ])
    const rows = await readRange(reading, actor, hunt.id, union, range)
    return { ...union, rows, total: counted.reduce((sum, row) => sum + row.rows, 0) }
  }
}

function plainColumns({ columns }: RowScope): UnionColumn[] {
  return columns.map(({ place, ...column }) => column)
}
