import { readHuntingAnswer } from '../../results/answer/read-answer.ts'
import { encodeChunk } from '../../results/chunks/chunk.ts'
import { splitIntoChunks } from '../../results/chunks/split-chunks.ts'
import type { Column } from '../../results/model.ts'

/** An answer as it is stored. */
export type PackedAnswer = {
  columns: Column[]
  rowCount: number
  chunks: { rowCount: number; data: Buffer }[]
}

/** Large enough to compress well, small enough that a page of rows unpacks in a few milliseconds. */
const maxRows = 5_000
const maxBytes = 4 * 1024 * 1024

/**
 * Reads an answer and packs its rows into chunks of bounded size.
 *
 * @throws BadAnswer when the text is no hunting answer
 */
export function packAnswer(text: string, wire: 'graph' | 'defender'): PackedAnswer {
  const { columns, rows } = readHuntingAnswer(text, wire)
  const chunks = []
  // The size of each row need not be known when all fit.
  const isSmall = rows.length <= maxRows && text.length <= maxBytes
  const pieces = isSmall ? [rows].filter(piece => piece.length > 0) : splitIntoChunks(rows, maxRows, maxBytes)
  for (const piece of pieces) {
    chunks.push({ rowCount: piece.length, data: encodeChunk(columns, piece) })
  }
  return { columns, rowCount: rows.length, chunks }
}
