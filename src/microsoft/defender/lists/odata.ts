/** A piece of a `$filter` that is safe to send: only the functions of this file make one. */
export type Condition = { readonly text: string }

type Operator = 'eq' | 'ne' | 'gt' | 'ge' | 'lt' | 'le'

/**
 * `field op 'value'`. Quotes are doubled, so that a value stays a value
 * whatever it holds.
 *
 * @param field a property's name, from our own code
 * @throws TypeError when `field` is no name
 * @see OData 4.01 URL Conventions, 5.1.1.14.1 "Primitive literals"
 */
export function compareText(field: string, operator: Operator, value: string): Condition {
  return { text: `${name(field)} ${operator} ${quote(value)}` }
}

/**
 * `field op 2026-01-31T00:00:00Z`; times stand without quotes.
 *
 * @param value ISO 8601 UTC with up to seven fractional digits
 * @throws TypeError when it is not a time, see `isInstant`
 */
export function compareTime(field: string, operator: Operator, value: string): Condition {
  if (!isInstant(value)) throw new TypeError('not a time in ISO 8601 UTC')
  return { text: `${name(field)} ${operator} ${value}` }
}

/** `startswith(field,'value')` */
export function startsWith(field: string, value: string): Condition {
  return { text: `startswith(${name(field)},${quote(value)})` }
}

export function anyOf(conditions: readonly Condition[]): Condition {
  const [first] = conditions
  if (!first) throw new TypeError('nothing to choose from')
  if (conditions.length === 1) return first
  return { text: `(${conditions.map(({ text }) => text).join(' or ')})` }
}

/** Whether a text can stand as a time in a filter: a real date, in UTC. */
export function isInstant(text: string): boolean {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,7})?Z$/.exec(text)
  const parsed = match ? Date.parse(`${match[1]}Z`) : Number.NaN
  return !Number.isNaN(parsed) && new Date(parsed).toISOString().startsWith(match?.[1] ?? ' ')
}

/**
 * A path with its query options.
 *
 * @param options `filter` conditions must all hold; what is absent is left out
 */
export function withOptions(
  path: string,
  options: {
    filter?: readonly Condition[]
    top?: number
    skip?: number
    orderBy?: string
    expand?: string
  },
): string {
  const { filter = [], top, skip, orderBy, expand } = options
  const pairs: [string, string][] = []
  if (filter.length > 0) pairs.push(['$filter', filter.map(({ text }) => text).join(' and ')])
  if (orderBy !== undefined) pairs.push(['$orderby', orderBy])
  if (expand !== undefined) pairs.push(['$expand', expand])
  if (top !== undefined) pairs.push(['$top', String(top)])
  if (skip !== undefined && skip > 0) pairs.push(['$skip', String(skip)])
  // The dollar sign stays as it is: not every service takes it encoded.
  const query = pairs.map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join('&')
  return query === '' ? path : `${path}?${query}`
}

function quote(value: string): string {
  return `'${value.toWellFormed().replaceAll("'", "''")}'`
}

function name(field: string): string {
  if (/^[A-Za-z]\w*$/.test(field)) return field
  throw new TypeError(`"${field}" is no property name`)
}
