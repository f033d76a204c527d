/** A hunting answer as Graph writes it. */
export function graphAnswer(
  rows: Record<string, unknown>[],
  schema: Record<string, string> = { DeviceName: 'String' },
): string {
  return JSON.stringify({
    schema: Object.entries(schema).map(([name, type]) => ({ name, type })),
    results: rows,
  })
}
