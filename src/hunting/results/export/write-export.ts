import { writeCsv } from './csv.ts'
import { writeJson, writeNdjson } from './json.ts'
import { writeParquet } from './parquet.ts'
import type { ExportSource } from './source.ts'

export type ExportFormat = 'csv' | 'ndjson' | 'json' | 'parquet'

/** What a download of each format is called and said to be. */
export const exportFormats: Record<ExportFormat, { contentType: string; extension: string }> = {
  csv: { contentType: 'text/csv; charset=utf-8; header=present', extension: 'csv' },
  ndjson: { contentType: 'application/x-ndjson', extension: 'ndjson' },
  json: { contentType: 'application/json', extension: 'json' },
  parquet: { contentType: 'application/vnd.apache.parquet', extension: 'parquet' },
}

/**
 * Writes a result piece by piece as its rows are read; memory does not grow
 * with it. JSON and Parquet hold the coverage, for the others it goes beside
 * the file (`coverageText`).
 *
 * @param options.bom for CSV: begin with a byte order mark
 */
export function writeExport(
  format: ExportFormat,
  source: ExportSource,
  options: { bom?: boolean } = {},
): AsyncGenerator<Buffer> {
  switch (format) {
    case 'csv':
      return writeCsv(source, options)
    case 'ndjson':
      return writeNdjson(source)
    case 'json':
      return writeJson(source)
    case 'parquet':
      return writeParquet(source)
  }
}
