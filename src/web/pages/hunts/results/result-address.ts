import { z } from 'zod'
import { AppError } from '../../../../errors.ts'
import {
  type FilterOperator,
  filterOperators,
  type RowSelection,
  withoutValue,
} from '../../../../hunting/results/row-selection.ts'

/** How a result is looked at; all of it stands in the page's address, so that a link shows the same. */
export type ResultAddress = {
  view: 'rows' | 'groups' | 'chart' | 'time' | 'tenants'
  offset: number
  sort: ResultSort | null
  filters: ResultFilter[]
  /** Columns by which rows are counted. */
  groups: string[]
  /** Order of the groups. */
  order: 'rarest' | 'commonest'
  /** Columns of the chart, along and up. */
  x: string | null
  y: string | null
  /** The time column of rows over time. */
  time: string | null
  /** Of the list of tenants: which states, which failure. */
  state: string | null
  failure: string | null
}

export type ResultSort = { column: string; descending: boolean }
export type ResultFilter = { column: string; operator: FilterOperator; value: string }

const most = { filters: 20, groups: 6, name: 500, value: 2000 }
const operators = Object.keys(filterOperators) as FilterOperator[]
const view = z.enum(['rows', 'groups', 'chart', 'time', 'tenants']).catch('rows')
const order = z.enum(['rarest', 'commonest']).catch('rarest')
const offset = z.coerce.number().int().min(0).max(1_000_000_000).catch(0)

/**
 * Reads an address. Never throws: what makes no sense counts as not given.
 *
 * A filter is a parameter `f.<column>=<operator>:<value>`; the form that adds
 * one sends `column`, `operator` and `value`.
 */
export function readAddress(url: string): ResultAddress {
  const { searchParams } = new URL(url, 'http://localhost')
  const name = (key: string) => searchParams.get(key)?.slice(0, most.name) || null
  const up = name('sort')
  const down = name('descending')
  return {
    view: view.parse(searchParams.get('view') ?? 'rows'),
    offset: offset.parse(searchParams.get('offset') ?? 0),
    sort: down ? { column: down, descending: true } : up ? { column: up, descending: false } : null,
    filters: readFilters(searchParams).slice(0, most.filters),
    groups: [...new Set(searchParams.getAll('group').filter(Boolean))].slice(0, most.groups),
    order: order.parse(searchParams.get('order') ?? 'rarest'),
    x: name('x'),
    y: name('y'),
    time: name('time'),
    state: name('state'),
    failure: name('failure'),
  }
}

/** The path of a hunt's page that shows this; what is as usual is left out. */
export function writeAddress(huntId: string, address: Partial<ResultAddress>): string {
  const search = new URLSearchParams()
  const put = (key: string, value: string | number | null | undefined, usual?: string | number) => {
    if (value !== null && value !== undefined && value !== usual) search.append(key, String(value))
  }
  put('view', address.view, 'rows')
  for (const group of address.groups ?? []) put('group', group)
  put('order', address.order, 'rarest')
  put('x', address.x)
  put('y', address.y)
  put('time', address.time)
  put('state', address.state)
  put('failure', address.failure)
  if (address.sort) put(address.sort.descending ? 'descending' : 'sort', address.sort.column)
  for (const { column, operator, value } of address.filters ?? []) {
    put(`f.${column}`, `${operator}:${value}`)
  }
  put('offset', address.offset, 0)
  const text = search.toString()
  return text ? `/hunts/${huntId}?${text}` : `/hunts/${huntId}`
}

/**
 * Reads the selection of rows in an address, for a program or a file: unlike
 * a page, it is refused when any part of it makes no sense, so that nobody
 * takes the whole result for a part of it.
 *
 * @throws AppError `invalid`
 */
export function readSelection(url: string): RowSelection {
  const { searchParams } = new URL(url, 'http://localhost')
  const filters = [...searchParams].flatMap(([key, text]) =>
    key.startsWith('f.') ? [strictFilter(key, text)] : [],
  )
  const sorts = [...searchParams].filter(([key]) => key === 'sort' || key === 'descending')
  if (filters.length > most.filters)
    throw new AppError('invalid', `there are more than ${most.filters} filters`)
  if (sorts.length > 1) throw new AppError('invalid', 'rows are sorted by one column: "sort" or "descending"')
  const [[order, column] = []] = sorts
  if (column === '') throw new AppError('invalid', `"${order}" names no column`)
  return { filters, sort: column ? { column, descending: order === 'descending' } : null }
}

function strictFilter(key: string, text: string): ResultFilter {
  const filter = readFilter(key, text)
  if (filter && filter.value.length <= most.value && filter.column.length <= most.name) return filter
  throw new AppError('invalid', `the filter "${key}" makes no sense`.slice(0, 200), {
    remedy: `Write f.<column>=<test>:<value>; tests are ${Object.keys(filterOperators).join(', ')}.`,
  })
}

function readFilters(search: URLSearchParams): ResultFilter[] {
  const found = [...search].map(([key, text]) => (key.startsWith('f.') ? readFilter(key, text) : null))
  const { column = '', operator = '', value = '' } = Object.fromEntries(search)
  return [...found, filterOf(column, operator, value)]
    .filter(filter => filter !== null)
    .map(filter => ({
      ...filter,
      column: filter.column.slice(0, most.name),
      value: filter.value.slice(0, most.value),
    }))
}

/** A filter as it stands in an address; null when it is none. */
function readFilter(key: string, text: string): ResultFilter | null {
  const end = text.indexOf(':')
  return end === -1 ? null : filterOf(key.slice(2), text.slice(0, end), text.slice(end + 1))
}

function filterOf(column: string, name: string, value: string): ResultFilter | null {
  const operator = operators.find(each => each === name)
  if (!operator || !column) return null
  if (withoutValue.includes(operator)) return { column, operator, value: '' }
  return value === '' ? null : { column, operator, value }
}
