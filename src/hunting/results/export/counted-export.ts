import type { ExportSource } from './source.ts'

/** What was read for an export; not complete when the reader left early or reading failed. */
export type CountedRows = { rowCount: number; isComplete: boolean }

/**
 * The same source, of which the rows are counted as they are read. Nothing is
 * told of a source whose rows nobody reads.
 *
 * @param onEnd is told when the last row was read, or when the reader left
 */
export function countedExport<T extends ExportSource>(
  source: T,
  onEnd: (counted: CountedRows) => Promise<void>,
): T {
  async function* counted<Part>(
    parts: AsyncIterable<Part> | Iterable<Part>,
    sizeOf: (part: Part) => number,
  ): AsyncGenerator<Part> {
    let rowCount = 0
    let isComplete = false
    try {
      for await (const part of parts) {
        rowCount += sizeOf(part)
        yield part
      }
      isComplete = true
    } finally {
      await onEnd({ rowCount, isComplete })
    }
  }

  return 'rows' in source
    ? { ...source, rows: counted(source.rows, rows => rows.length) }
    : { ...source, chunks: counted(source.chunks, chunk => chunk.rows.length) }
}
