/**
 * A text as a KQL literal in double quotes; quotes, backslashes and everything
 * that is not plainly printable is escaped, so that it stays a value whatever
 * it holds.
 *
 * @see Kusto, "The string data type"
 */
export function toStringLiteral(text: string): string {
  const escaped = text.replace(/["\\]|[^\x20-\x7e]/g, character =>
    character === '"' || character === '\\'
      ? `\\${character}`
      : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return `"${escaped}"`
}
