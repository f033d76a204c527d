import type { Hunts } from '../../../../hunting/hunts/hunts.ts'
import type { HuntSummary, HuntTask } from '../../../../hunting/hunts/model.ts'
import { filterOperators, filterWords } from '../../../../hunting/results/row-selection.ts'
import type { Actor } from '../../../../tenants/actor.ts'
import { formats } from '../../../formats.ts'
import { stateLabels, stateOf } from '../tenant-states.ts'
import { showRows } from './cells.ts'
import { hiddenFields } from './group-view.ts'
import { type ResultAddress, writeAddress } from './result-address.ts'

/** Rows on a page. */
export const pageSize = 50
const tenantsOnPage = 100

/** What narrows the rows, each with a way out, and the form that narrows them more. */
export function showFilters(huntId: string, columns: { name: string }[], address: ResultAddress) {
  const { sort } = address
  return {
    inForce: address.filters.map((filter, index) => ({
      label: filterWords(filter),
      href: writeAddress(huntId, {
        ...address,
        offset: 0,
        filters: address.filters.filter((_, other) => other !== index),
      }),
    })),
    sorted: sort && {
      label: `${sort.column}, ${sort.descending ? 'descending' : 'ascending'}`,
      href: writeAddress(huntId, { ...address, offset: 0, sort: null }),
    },
    action: `/hunts/${huntId}`,
    hidden: hiddenFields(writeAddress(huntId, { ...address, offset: 0 })),
    columns: columns.map(({ name }) => ({ value: name, label: name })),
    operators: Object.entries(filterOperators).map(([value, label]) => ({ value, label })),
  }
}

/** A page of rows, in the order and within the filters of the address. */
export async function viewRows(hunts: Hunts, actor: Actor, hunt: HuntSummary, address: ResultAddress) {
  const { offset, sort, filters } = address
  const page = await hunts.page(actor, hunt.id, { offset, limit: pageSize, sort, filters })
  return {
    ...showTable(hunt.id, address, { ...page, ...tenantIdLast(page) }),
    conflicts: page.conflicts.map(showConflict),
    isFiltered: filters.length > 0,
  }
}

/** A column that had other types, here or there: what came where, and what was only declared. */
function showConflict({ name, resolvedTo, types }: Page['conflicts'][number]) {
  const words = types.map(({ type, tenants }) =>
    tenants.length > 0 ? `${type} in ${formats.count(tenants.length, 'tenant')}` : `declared as ${type}`,
  )
  return { name, resolvedTo, types: words.join(', ') }
}

/** The tenant's name comes first for readers; its id, which nobody reads, comes last. Rows may be one or many. */
export function tenantIdLast<Column extends { name: string }, Value>({
  columns,
  rows,
}: {
  columns: Column[]
  rows: Value[][]
}): { columns: Column[]; rows: Value[][] } {
  const at = columns.findIndex(({ name }) => name === 'TenantId')
  if (at === -1) return { columns, rows }
  const moved = <T>(values: T[]) => [...values.toSpliced(at, 1), ...values.slice(at, at + 1)]
  return { columns: moved(columns), rows: rows.map(moved) }
}

type Page = Awaited<ReturnType<Hunts['page']>>
type Table = Pick<Page, 'columns' | 'rows' | 'total'>

/** A page of rows, with where each click leads. */
export function showTable(huntId: string, address: ResultAddress, { columns, rows, total }: Table) {
  const { sort, offset } = address
  const to = (change: Partial<ResultAddress>) => writeAddress(huntId, { ...address, offset: 0, ...change })
  const last = offset + rows.length
  return {
    columns: columns.map(({ name, type }) => {
      const order = sort?.column === name ? (sort.descending ? 'descending' : 'ascending') : undefined
      return {
        name,
        type,
        order,
        sortHref: to({ sort: { column: name, descending: order === 'ascending' } }),
        groupHref: to({ view: 'groups', groups: [name], sort: null }),
      }
    }),
    rows: showRows(columns, rows, offset).map(row => ({
      ...row,
      href: `/hunts/${huntId}/rows/${row.position}${searchOf(to({}))}`,
    })),
    total,
    from: rows.length === 0 ? 0 : offset + 1,
    to: last,
    firstHref: offset > 0 ? to({}) : null,
    previousHref: offset > 0 ? to({ offset: Math.max(0, offset - pageSize) }) : null,
    nextHref: last < total ? to({ offset: offset + pageSize }) : null,
  }
}

/** Tenants of the hunt with how each fared. */
export async function viewTenants(hunts: Hunts, actor: Actor, hunt: HuntSummary, address: ResultAddress) {
  const { state, failure, offset } = address
  const { tenants } = await hunts.get(actor, hunt.id)
  const fitting = tenants.filter(
    tenant =>
      (state === null || stateOf(tenant) === state) && (failure === null || tenant.error?.code === failure),
  )
  const to = (change: Partial<ResultAddress>) => writeAddress(hunt.id, { view: 'tenants', ...change })
  const last = Math.min(offset + tenantsOnPage, fitting.length)
  return {
    tenants: fitting.slice(offset, last).map(tenant => toLine(hunt.id, tenant)),
    fitting: fitting.length,
    narrowed: [
      ...(state !== null ? [{ label: wordsOf(state), href: to({ failure }) }] : []),
      ...(failure !== null ? [{ label: failure, href: to({ state }) }] : []),
    ],
    from: fitting.length === 0 ? 0 : offset + 1,
    to: last,
    firstHref: offset > 0 ? to({ state, failure }) : null,
    nextHref: last < fitting.length ? to({ state, failure, offset: last }) : null,
  }
}

function wordsOf(state: string): string {
  return Object.entries(stateLabels).find(([key]) => key === state)?.[1] ?? state
}

function toLine(huntId: string, tenant: HuntTask) {
  const state = stateOf(tenant)
  const filter = { column: 'TenantId', operator: 'equals', value: tenant.tenantId } as const
  return {
    ...tenant,
    state,
    stateText: stateLabels[state],
    rowsHref: tenant.rowCount > 0 ? writeAddress(huntId, { filters: [filter] }) : null,
  }
}

function searchOf(path: string): string {
  const at = path.indexOf('?')
  return at === -1 ? '' : path.slice(at)
}
