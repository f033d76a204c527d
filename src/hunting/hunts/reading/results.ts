import type { DuckDBConnection } from '@duckdb/node-api'
import type { Database } from '../../../database/index.ts'
import { type Actor, systemActor } from '../../../tenants/actor.ts'
import type { Row } from '../../results/model.ts'
import type { ColumnConflict, ColumnUnion } from '../../results/union-columns.ts'
import { type HuntStatus, isOver } from '../model.ts'
import { countTasks, findVisibleTenants, type HuntRecord } from '../store.ts'
import type { ResultCache } from './result-cache.ts'
import {
  queryGroups,
  queryRows,
  queryTimeline,
  type RowFilter,
  type RowGroup,
  type RowScope,
  type RowSort,
  type Timeline,
} from './result-queries.ts'
import { buildResultTable } from './result-table.ts'
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
  page(actor: Actor, hunt: HuntRecord, options: PageOptions): Promise<HuntPage>
  groups(actor: Actor, hunt: HuntRecord, options: GroupOptions): Promise<HuntGroups>
  timeline(actor: Actor, hunt: HuntRecord, options: TimelineOptions): Promise<Timeline | null>
}

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
  async function stateOf(hunt: HuntRecord): Promise<string> {
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

  async function withTable<T>(
    actor: Actor,
    hunt: HuntRecord,
    filters: RowFilter[],
    work: (connection: DuckDBConnection, scope: RowScope, conflicts: ColumnConflict[]) => Promise<T>,
  ): Promise<T> {
    const state = await stateOf(hunt)
    const isLimited = actor.limitedToTags.length > 0
    // The table has all tenants' rows and columns, whoever looks; each query is limited to what may be seen.
    const [whole, own, tenantIds] = await Promise.all([
      readColumns(reading, systemActor, hunt.id),
      isLimited ? readColumns(reading, actor, hunt.id) : null,
      isLimited ? findVisibleTenants(db, actor, hunt.id) : null,
    ])
    const names = own && new Set(own.columns.map(({ name }) => name))
    const columns = whole.columns
      .map((column, place) => ({ ...column, place }))
      .filter(({ name }) => !names || names.has(name))
    const build = (file: string) =>
      buildResultTable(file, whole.columns, readStored(reading, systemActor, hunt.id))
    return cache.use(hunt.id, `${whole.columns.length}-${state}`, build, connection =>
      work(connection, { columns, tenantIds, filters }, (own ?? whole).conflicts),
    )
  }

  return {
    async page(actor, hunt, { sort = null, filters = [], ...range }) {
      const offset = Math.max(0, Math.floor(range.offset ?? 0))
      const limit = clamp(range.limit, 100, 1_000)
      const found =
        sort || filters.length > 0
          ? await withTable(actor, hunt, filters, async (connection, scope, conflicts) => ({
              columns: scope.columns.map(({ place, ...column }) => column),
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
      const limit = clamp(range.limit, 100, 1_000)
      const found = await withTable(actor, hunt, filters, (connection, scope) =>
        queryGroups(connection, scope, { columns, measure, common, spread, offset, limit }),
      )
      return { columns, ...found, offset, nextOffset: offset + limit < found.total ? offset + limit : null }
    },

    timeline: (actor, hunt, { column = null, filters = [], buckets }) =>
      withTable(actor, hunt, filters, (connection, scope) =>
        queryTimeline(connection, scope, { column, buckets: clamp(buckets, 60, 500) }),
      ),
  }

  async function stored(actor: Actor, hunt: HuntRecord, range: { offset: number; limit: number }) {
    const [union, counted] = await Promise.all([
      readColumns(reading, actor, hunt.id),
      countTasks(db, actor, [hunt.id]),
    ])
    const rows = await readRange(reading, actor, hunt.id, union, range)
    return { ...union, rows, total: counted.reduce((sum, row) => sum + row.rows, 0) }
  }
}

function clamp(value: number | undefined, usual: number, most: number): number {
  return Math.min(Math.max(Math.floor(value ?? usual), 1), most)
}
