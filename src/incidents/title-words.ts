/** Longer words are cut: nobody types more of one. */
const longestWord = 60
const mostWords = 60

/** Words as the search compares them: letters and digits of any script, lower-cased, without accents. */
export function wordsOf(text: string): string[] {
  const plain = text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
  const words = plain.match(/[\p{L}\p{N}]+/gu) ?? []
  return [...new Set(words.map(word => word.slice(0, longestWord).toWellFormed()))].slice(0, mostWords)
}

/** A PostgreSQL `tsquery` that finds titles with a word that begins like each of these; null when the text has no word. */
export function searchQuery(text: string): string | null {
  const words = wordsOf(text)
  // Words hold letters and digits only, so that quotes are all the escaping there is.
  return words.length === 0 ? null : words.map(word => `'${word}':*`).join(' & ')
}
