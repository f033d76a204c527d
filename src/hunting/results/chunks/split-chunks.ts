import type { Cell, Row } from '../model.ts'

/**
 * Cuts rows into pieces that are stored one by one, in their order.
 *
 * @param maxRows rows in a piece at most
 * @param maxBytes size of a piece at most, estimated as JSON before compression;
 * a single row beyond that is a piece of its own
 */
export function* splitIntoChunks(rows: Iterable<Row>, maxRows: number, maxBytes: number): Generator<Row[]> {
  let piece: Row[] = []
  let size = 0
  for (const row of rows) {
    const rowSize = estimateSize(row)
    if (piece.length > 0 && (piece.length >= maxRows || size + rowSize > maxBytes)) {
      yield piece
      piece = []
      size = 0
    }
    piece.push(row)
    size += rowSize
  }
  if (piece.length > 0) yield piece
}

/** About as many bytes as the JSON of a cell or row takes; escapes and wide characters are not counted. */
export function estimateSize(value: Cell): number {
  if (typeof value === 'string') return value.length + 3
  if (typeof value !== 'object' || value === null) return 8
  let size = 2
  if (Array.isArray(value)) {
    for (const item of value) size += estimateSize(item)
  } else {
    for (const [name, member] of Object.entries(value)) size += name.length + 4 + estimateSize(member)
  }
  return size
}
