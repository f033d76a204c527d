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
 * - Names are unique whatever their case, since PowerShell, Spark and others do not tell `LogonId` from
 *   `LogonID`: the second becomes `LogonID_2`.
 * - Types that differ: int with long is long; int with real is real; long with
 *   real, and anything numeric with decimal, is decimal (text with every
 *   digit, because a real would round a long); dynamic with anything is
 *   dynamic; all else is string. Each is reported in `conflicts`.
 */
export function unionColumns(perTenant: Iterable<TenantColumns>): ColumnUnion {
  const tenantsByType = new Map<string, Map<ColumnType, string[]>>()
  for (const { tenantId, columns } of perTenant) {
    for (const { name, type, declared } of columns) {
      const types = tenantsByType.get(name) ?? new Map<ColumnType, string[]>()
      tenantsByType.set(name, types)
      const tenants = types.get(type)
      if (tenants) tenants.push(tenantId)
      else types.set(type, [tenantId])
      // What the answer declared is told beside what it held.
      if (declared && !types.has(declared)) types.set(declared, [])
    }
  }

  const taken = new Set([...ownNames, ...[...tenantsByType.keys()].map(name => name.toLowerCase())])
  const used = new Set(ownNames)
  const columns: UnionColumn[] = [...ownColumns]
  const conflicts: ColumnConflict[] = []
  for (const [source, types] of tenantsByType) {
    const resolvedTo = [...types.keys()].reduce(widen)
    const isOwn = ownNames.has(source.toLowerCase())
    const isTaken = used.has(source.toLowerCase())
    const name = isOwn
      ? freeName(`${source}_query`, taken)
      : isTaken
        ? freeName(`${source}_2`, taken)
        : source
    used.add(name.toLowerCase())
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
const ownNames = new Set(ownColumns.map(({ name }) => name.toLowerCase()))

/** The name, or the first free one with a number behind it; `taken` holds names in lower case. */
export function freeName(wanted: string, taken: Set<string>): string {
  let name = wanted
  for (let number = 2; taken.has(name.toLowerCase()); number++)
    name = `${wanted.replace(/_\d+$/, '_')}${number}`
  taken.add(name.toLowerCase())
  return name
}

/** Columns that do not bear the name that the query gave them. */
export function renamedColumns(columns: readonly UnionColumn[]): { name: string; source: string }[] {
  return columns.flatMap(({ name, source }) =>
    source !== undefined && source !== name ? [{ name, source }] : [],
  )
}

const exactWhole = new Set<ColumnType>(['int', 'long'])
const numeric = new Set<ColumnType>(['int', 'long', 'real', 'decimal'])

/** The type that holds values of both. */
function widen(one: ColumnType, other: ColumnType): ColumnType {
  if (one === other) return one
  if (one === 'dynamic' || other === 'dynamic') return 'dynamic'
  if (exactWhole.has(one) && exactWhole.has(other)) return 'long'
  if (numeric.has(one) && numeric.has(other)) {
    return new Set([one, other]).isSubsetOf(new Set<ColumnType>(['int', 'real'])) ? 'real' : 'decimal'
  }
  return 'string'
}

/** The columns of a further answer of the same tenant beside those known; one that came in several types gets the type that holds them. */
export function withNewColumns(known: Column[] | null, found: Column[]): Column[] {
  if (!known) return found
  const byName = new Map(known.map(column => [column.name, column]))
  for (const column of found) {
    const before = byName.get(column.name)
    if (!before) byName.set(column.name, column)
    else if (before.type !== column.type) {
      const declared = before.declared ?? column.declared
      const type = widen(before.type, column.type)
      byName.set(column.name, { name: column.name, type, ...(declared ? { declared } : {}) })
    }
  }
  return [...byName.values()]
}
