import { diffArrays } from 'diff'

export type DiffLine = { kind: 'same' | 'removed' | 'added'; text: string }

/** Texts that differ in more lines than this are shown as replaced as a whole. */
const maxEdits = 2000

/** What became of a text line by line, removed lines first. */
export function diffLines(before: string, after: string): DiffLine[] {
  const [old, now] = [linesOf(before), linesOf(after)]
  const parts = diffArrays(old, now, { maxEditLength: maxEdits })
  if (!parts) return [...mark('removed', old), ...mark('added', now)]
  return parts.flatMap(({ value, added, removed }) =>
    mark(removed ? 'removed' : added ? 'added' : 'same', value),
  )
}

function linesOf(text: string): string[] {
  return text.split(/\r\n|\n|\r/)
}

function mark(kind: DiffLine['kind'], texts: string[]): DiffLine[] {
  return texts.map(text => ({ kind, text }))
}
