/** What live tenants were seen to send in a column of that type, though the schema says otherwise. */
const oddByType: Record<string, unknown> = {
  DateTime: '',
  SByte: -1,
  Boolean: 'maybe',
  Int32: 1.5,
  Int64: 'n/a',
  Double: 'n/a',
  String: 5,
}

/**
 * An answer of advanced hunting whose first row holds values that do not fit
 * their columns; any other answer, and one without rows, stays as it is.
 *
 * @param cells value by column; absent, one that does not fit in each column whose type has such
 */
export function withOddCells(body: string, cells: Record<string, unknown> | undefined): string {
  const answer = parseExact(body)
  if (typeof answer !== 'object' || answer === null) return body
  const { schema, Schema, results, Results } = answer as Record<string, unknown>
  const [columns, rows] = [schema ?? Schema, results ?? Results]
  if (!Array.isArray(columns) || !Array.isArray(rows) || rows.length === 0) return body
  Object.assign(rows[0], cells ?? oddFor(columns))
  return JSON.stringify(answer)
}

type Column = { name?: string; type?: string; Name?: string; Type?: string }

function oddFor(columns: Column[]): Record<string, unknown> {
  const odd = columns.flatMap(({ name, Name, type, Type }) => {
    const value = oddByType[type ?? Type ?? '']
    return value === undefined ? [] : [[name ?? Name ?? '', value] as const]
  })
  return Object.fromEntries(odd)
}

/** Numbers go out as they came, also where they have more digits than JavaScript's; ES2026, for which TypeScript has no types yet. */
function parseExact(text: string): unknown {
  const { parse, rawJSON } = JSON as unknown as {
    parse(
      text: string,
      reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
    ): unknown
    rawJSON(text: string): unknown
  }
  return parse(text, (_, value, { source }) =>
    typeof value === 'number' && source ? rawJSON(source) : value,
  )
}
