/**
 * Text from strangers (redirect parameters, error descriptions, names) as
 * PostgreSQL accepts it: no NUL, no lone surrogate, bounded length.
 *
 * @param limit characters kept; the rest becomes an ellipsis
 */
export function storableText(text: string, limit = 4000): string {
  const clean = text.replaceAll('\u0000', '').toWellFormed()
  return clean.length > limit ? `${clean.slice(0, limit - 1).toWellFormed()}…` : clean
}

export type Storable = string | number | boolean | null | Storable[] | { [key: string]: Storable }

/** A value as a JSON column keeps it: what JSON cannot say is dropped, dates become ISO 8601, bigints text. */
export function storableJson(value: unknown): Storable {
  if (value === null || value === undefined) return null
  if (typeof value === 'string') return storableText(value)
  if (typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return value.map(storableJson)
  if (typeof value !== 'object') return null

  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined && typeof member !== 'function')
      .map(([key, member]) => [storableText(key), storableJson(member)]),
  )
}

/** JSON text with sorted keys: the same value gives the same text, however the database orders members. */
export function canonicalJson(value: Storable): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value)

  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`)
  return `{${members.join(',')}}`
}
