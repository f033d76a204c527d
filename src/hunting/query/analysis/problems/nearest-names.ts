/**
 * The known names that look like a misspelled one, nearest first.
 *
 * @returns at most `limit` names within a third of the name's length in edits;
 * names that differ in letter case alone leave the others out
 */
export function nearestNames(name: string, known: Iterable<string>, limit = 3): string[] {
  const wanted = name.toLowerCase()
  const furthest = Math.max(1, Math.floor(name.length / 3))
  const found: { candidate: string; distance: number }[] = []
  for (const candidate of new Set(known)) {
    if (candidate === name || Math.abs(candidate.length - name.length) > furthest) continue
    const distance = editDistance(wanted, candidate.toLowerCase())
    if (distance <= furthest) found.push({ candidate, distance })
  }
  found.sort((one, other) => one.distance - other.distance || (one.candidate < other.candidate ? -1 : 1))
  const sameButForCase = found.filter(({ distance }) => distance === 0)
  const best = sameButForCase.length > 0 ? sameButForCase : found
  return best.slice(0, limit).map(({ candidate }) => candidate)
}

/** Optimal string alignment: insertions, deletions, replacements and swaps of neighbours. */
function editDistance(one: string, other: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (let row = 1; row <= one.length; row++) {
    const current = [row]
    for (let column = 1; column <= other.length; column++) {
      const same = one[row - 1] === other[column - 1]
      let best = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (same ? 0 : 1),
      )
      if (row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1]) {
        best = Math.min(best, at(beforeLast, column - 2) + 1)
      }
      current.push(best)
    }
    beforeLast = last
    last = current
  }
  return at(last, other.length)
}

function at(row: number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY
}
