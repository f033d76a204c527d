import { z } from 'zod'
import type { FilterOperator } from '../../../hunting/hunts/reading/result-queries.ts'

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

export const filterOperators: Record<FilterOperator, string> = {
  equals: 'is',
  notEquals: 'is not',
  contains: 'contains',
  notContains: 'does not contain',
  startsWith: 'starts with',
  greater: 'is above',
  greaterOrEqual: 'is at least',
  less: 'is below',
  lessOrEqual: 'is at most',
  isEmpty: 'is null or empty',
  isNotEmpty: 'is not empty',
}

/** Operators that stand alone. */
export const withoutValue: readonly FilterOperator[] = ['isEmpty', 'isNotEmpty']

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

function readFilters(search: URLSearchParams): ResultFilter[] {
  const filters: ResultFilter[] = []
  const add = (column: string, operator: string, value: string) => {
    const known = operators.find(each => each === operator)
    if (!known || !column || (value === '' && !withoutValue.includes(known))) return
    const kept = withoutValue.includes(known) ? '' : value.slice(0, most.value)
    filters.push({ column: column.slice(0, most.name), operator: known, value: kept })
  }
  for (const [key, text] of search) {
    if (!key.startsWith('f.')) continue
    const end = text.indexOf(':')
    if (end !== -1) add(key.slice(2), text.slice(0, end), text.slice(end + 1))
  }
  add(search.get('column') ?? '', search.get('operator') ?? '', search.get('value') ?? '')
  return filters
}
