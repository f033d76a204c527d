/** Whether the character at a position belongs to a term: terms are runs of ASCII letters and digits. */
function isTermCharacter(text: string, position: number): boolean {
  const code = text.charCodeAt(position)
  return (code >= 48 && code <= 57) || (code >= 97 && code <= 122) || (code >= 65 && code <= 90)
}

export type TermEdges = { start: boolean; end: boolean }

/**
 * Whether `term` stands in `text` so that it begins (`start`) and ends (`end`) where a term does. An edge of the
 * searched text that is no letter or digit itself needs no edge there. Both texts in the case to be compared.
 *
 * @see "String operators", understanding string terms
 */
export function hasTerm(text: string, term: string, { start, end }: TermEdges): boolean {
  if (term === '') return true
  const checkStart = start && isTermCharacter(term, 0)
  const checkEnd = end && isTermCharacter(term, term.length - 1)
  for (let at = text.indexOf(term); at >= 0; at = text.indexOf(term, at + 1)) {
    if (checkStart && at > 0 && isTermCharacter(text, at - 1)) continue
    const after = at + term.length
    if (checkEnd && after < text.length && isTermCharacter(text, after)) continue
    return true
  }
  return false
}
