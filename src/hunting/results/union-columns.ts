import type { Column, ColumnType } from './model.ts'

/** The columns of one tenant's answer. */
export type TenantColumns = { tenantId: string; columns: Column[] }

/** A column that is not of the same type in every tenant, and what became of it. */
export type ColumnConflict = {
  name: string
  types: { type: ColumnType; tenants: string[] }[]
  resolvedTo: ColumnType
}

/** A column of the result over all tenants; `source` is its name in the tenants' answers, absent for our own two. */
export type UnionColumn = Column & { source?: string }

export type ColumnUnion = { columns: UnionColumn[]; conflicts: ColumnConflict[] }

/**
 * The columns of a result over many tenants: `TenantId` and `TenantName`
 * first, then every column that any tenant has, in the order of first
 * appearance.
 *
 * - A query's own column `TenantId` or `TenantName` is kept as `TenantId_query`, `TenantName_query`.
 * - Types that differ: int with long is long; int with real is real; long with
 *   real, and anything numeric with decimal, is decimal (text with every
 *   digit, because a real would round a long); dynamic with anything is
 *   dynamic; all else is string. Each is reported in `conflicts`.
 */
export function unionColumns(perTenant: Iterable<TenantColumns>): ColumnUnion {
  const tenantsByType = new Map<string, Map<ColumnType, string[]>>()
  for (const { tenantId, columns } of perTenant) {
    for (const { name, type } of columns) {
      const types = tenantsByType.get(name) ?? new Map<ColumnType, string[]>()
      tenantsByType.set(name, types)
      const tenants = types.get(type)
      if (tenants) tenants.push(tenantId)
      else types.set(type, [tenantId])
    }
  }

  const taken = new Set([...ownColumns.map(({ name }) => name), ...tenantsByType.keys()])
  const columns: UnionColumn[] = [...ownColumns]
  const conflicts: ColumnConflict[] = []
  for (const [source, types] of tenantsByType) {
    const resolvedTo = [...types.keys()].reduce(widen)
    const name = ownNames.has(source) ? freeName(`${source}_query`, taken) : source
    columns.push({ name, type: resolvedTo, source })
    if (types.size > 1) {
      conflicts.push({ name, types: [...types].map(([type, tenants]) => ({ type, tenants })), resolvedTo })
    }
  }
  return { columns, conflicts }
}

const ownColumns: UnionColumn[] = [
  { name: 'TenantId', type: 'guid' },
  { name: 'TenantName', type: 'string' },
]
const ownNames = new Set(ownColumns.map(({ name }) => name))

function freeName(wanted: string, taken: Set<string>): string {
  let name = wanted
  for (let number = 2; taken.has(name); number++) name = `${wanted}${number}`
  taken.add(name)
  return name
}

const exactWhole = new Set<ColumnType>(['int', 'long'])
const numeric = new Set<ColumnType>(['int', 'long', 'real', 'decimal'])

function widen(one: ColumnType, other: ColumnType): ColumnType {
  if (one === other) return one
  if (one === 'dynamic' || other === 'dynamic') return 'dynamic'
  if (exactWhole.has(one) && exactWhole.has(other)) return 'long'
  if (numeric.has(one) && numeric.has(other)) {
    return new Set([one, other]).isSubsetOf(new Set<ColumnType>(['int', 'real'])) ? 'real' : 'decimal'
  }
  return 'string'
}
