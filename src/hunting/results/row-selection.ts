/** How a filter tests a column, and how people say it. */
export const filterOperators = {
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

export type FilterOperator = keyof typeof filterOperators

/** Operators that stand alone. */
export const withoutValue: readonly FilterOperator[] = ['isEmpty', 'isNotEmpty']

export type RowFilter = { column: string; operator: FilterOperator; value?: string }
export type RowSort = { column: string; descending?: boolean }

/** Some rows of a result, all filters met, in some order. Without filters: all; without order: as they came. */
export type RowSelection = { filters: RowFilter[]; sort: RowSort | null }

/** A filter in words: `FileName contains .exe`. */
export function filterWords({ column, operator, value = '' }: RowFilter): string {
  const test = `${column} ${filterOperators[operator]}`
  return value === '' ? test : `${test} ${value}`
}

/** Whether the rows are others than those of the whole result, or in another order. */
export function isSelection({ filters, sort }: RowSelection): boolean {
  return filters.length > 0 || sort !== null
}
