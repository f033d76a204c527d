import { compareValues, type Fields } from './fields.ts'
import { compileFilter, type Predicate } from './filter.ts'
import { ODataProblem } from './problem.ts'

/** What a list takes. */
export type ListRules<T> = {
  filterable: Fields<T>
  /** properties that `$orderby` takes; absent when the option is refused */
  orderable?: Fields<T>
  /** navigation properties that `$expand` takes */
  expandable?: readonly string[]
  /** `$count=true` is understood */
  countable?: boolean
  /** names that `$select` takes; absent when the option is refused */
  selectable?: readonly string[]
  defaultTop: number
}

export type ListOptions<T> = {
  filter: Predicate<T> | null
  hasFilter: boolean
  top: number
  /** as it was asked for, undefined when it was not */
  askedTop: number | undefined
  skip: number
  skipToken: string | null
  count: boolean
  expand: readonly string[]
  select: readonly string[] | null
  order: ((a: T, b: T) => number) | null
}

/**
 * Reads the system query options of a list.
 *
 * @throws ODataProblem for an option that the list does not know, given twice, or with a value it cannot take
 */
export function readListOptions<T>(query: URLSearchParams, rules: ListRules<T>): ListOptions<T> {
  const options = systemOptions(query)
  const known = ['$filter', '$top', '$skip', '$skiptoken']
  if (rules.orderable) known.push('$orderby')
  if (rules.expandable) known.push('$expand')
  if (rules.countable) known.push('$count')
  if (rules.selectable) known.push('$select')
  for (const name of options.keys()) {
    if (!known.includes(name)) throw new ODataProblem(`The query parameter '${name}' is not supported.`)
  }

  const filterText = options.get('$filter')
  const askedTop = readCount(options.get('$top'), '$top')
  const count = options.get('$count')
  if (count !== undefined && count !== 'true' && count !== 'false') {
    throw new ODataProblem(`Invalid value '${count}' for $count query option found.`)
  }
  const expand = names(options.get('$expand'))
  for (const name of expand) {
    if (!rules.expandable?.includes(name))
      throw new ODataProblem(`Could not find a property named '${name}' to expand.`)
  }
  return {
    filter: filterText === undefined ? null : compileFilter(filterText, rules.filterable),
    hasFilter: filterText !== undefined,
    top: askedTop ?? rules.defaultTop,
    askedTop,
    skip: readCount(options.get('$skip'), '$skip') ?? 0,
    skipToken: options.get('$skiptoken') ?? null,
    count: count === 'true',
    expand,
    select: readSelect(options.get('$select'), rules.selectable ?? []),
    order: readOrder(options.get('$orderby'), rules.orderable ?? {}),
  }
}

/** Parameters that begin with `$`; others mean nothing to OData and are passed over. */
function systemOptions(query: URLSearchParams): Map<string, string> {
  const options = new Map<string, string>()
  for (const [name, value] of query) {
    if (!name.startsWith('$')) continue
    if (options.has(name)) throw new ODataProblem(`Query option '${name}' was specified more than once.`)
    options.set(name, value)
  }
  return options
}

function readCount(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined
  if (!/^\d{1,9}$/.test(text)) {
    throw new ODataProblem(`Invalid value '${text.slice(0, 100)}' for ${option} query option found.`)
  }
  return Number(text)
}

function names(text: string | undefined): string[] {
  return text === undefined ? [] : text.split(',').map(name => name.trim())
}

function readSelect(text: string | undefined, selectable: readonly string[]): readonly string[] | null {
  if (text === undefined) return null
  const selected = names(text)
  for (const name of selected) {
    if (!selectable.includes(name)) throw new ODataProblem(`Could not find a property named '${name}'.`)
  }
  return selected
}

function readOrder<T>(text: string | undefined, fields: Fields<T>): ((a: T, b: T) => number) | null {
  if (text === undefined) return null
  const keys = text.split(',').map(part => {
    const [name = '', direction = 'asc', ...rest] = part.trim().split(/\s+/)
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined
    if (!field || field.type === 'list' || rest.length > 0 || (direction !== 'asc' && direction !== 'desc')) {
      throw new ODataProblem(`The $orderby expression '${part.trim().slice(0, 100)}' is not supported.`)
    }
    return { read: field.read, sign: direction === 'asc' ? 1 : -1 }
  })
  return (a, b) => {
    for (const { read, sign } of keys) {
      const order = compareValues(read(a), read(b))
      if (order !== 0) return order * sign
    }
    return 0
  }
}
