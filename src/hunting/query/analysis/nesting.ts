import { huntingLanguage } from './language/language.ts'

const opening = new Set(['(', '[', '{'])
const closing = new Set([')', ']', '}'])

/**
 * Where brackets nest deeper than `limit`, if they do. Brackets in texts and
 * comments do not count.
 *
 * @returns the offset of the first bracket too many
 */
export function nestingBeyond(query: string, limit: number): number | undefined {
  let depth = 0
  let offset = 0
  for (const token of huntingLanguage().kusto.Parsing.TokenParser.ParseTokens(query) ?? []) {
    const text = token.Text ?? ''
    offset += token.Trivia?.length ?? 0
    if (opening.has(text)) depth++
    if (closing.has(text)) depth = Math.max(0, depth - 1)
    if (depth > limit) return offset
    offset += text.length
  }
  return undefined
}
