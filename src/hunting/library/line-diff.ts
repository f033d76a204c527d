export type DiffLine = { kind: 'same' | 'removed' | 'added'; text: string }

/** Beyond this many comparisons the middle is shown as replaced as a whole. */
const maxComparisons = 4_000_000

/**
 * What became of a text line by line: the longest common subsequence of lines
 * stays, the rest was removed or added, removed lines first.
 */
export function diffLines(before: string, after: string): DiffLine[] {
  const old = before.split(/\r\n|\n|\r/)
  const now = after.split(/\r\n|\n|\r/)
  let head = 0
  while (head < old.length && head < now.length && old[head] === now[head]) head++
  let tail = 0
  while (
    tail < old.length - head &&
    tail < now.length - head &&
    old[old.length - 1 - tail] === now[now.length - 1 - tail]
  ) {
    tail++
  }
  return [
    ...mark('same', old.slice(0, head)),
    ...diffMiddle(old.slice(head, old.length - tail), now.slice(head, now.length - tail)),
    ...mark('same', old.slice(old.length - tail)),
  ]
}

function diffMiddle(old: string[], now: string[]): DiffLine[] {
  if (old.length * now.length > maxComparisons) return [...mark('removed', old), ...mark('added', now)]

  // lengths[i][j]: common lines of old from i on and now from j on.
  const lengths = Array.from({ length: old.length + 1 }, () => new Uint32Array(now.length + 1))
  const lengthAt = (i: number, j: number) => lengths[i]?.[j] ?? 0
  for (let i = old.length - 1; i >= 0; i--) {
    const row = lengths[i]
    for (let j = now.length - 1; row && j >= 0; j--) {
      row[j] =
        old[i] === now[j] ? lengthAt(i + 1, j + 1) + 1 : Math.max(lengthAt(i + 1, j), lengthAt(i, j + 1))
    }
  }
  const lines: DiffLine[] = []
  let i = 0
  let j = 0
  while (i < old.length && j < now.length) {
    if (old[i] === now[j]) {
      lines.push({ kind: 'same', text: old[i] ?? '' })
      i++
      j++
    } else if (lengthAt(i + 1, j) >= lengthAt(i, j + 1)) {
      lines.push({ kind: 'removed', text: old[i++] ?? '' })
    } else {
      lines.push({ kind: 'added', text: now[j++] ?? '' })
    }
  }
  return [...lines, ...mark('removed', old.slice(i)), ...mark('added', now.slice(j))]
}

function mark(kind: DiffLine['kind'], texts: string[]): DiffLine[] {
  return texts.map(text => ({ kind, text }))
}
