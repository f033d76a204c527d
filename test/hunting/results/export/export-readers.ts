import { zstdDecompressSync } from 'node:zlib'
import { type FileMetaData, parquetRead } from 'hyparquet'
import type { ExportChunk } from '../../../../src/hunting/results/export/source.ts'
import type { Row } from '../../../../src/hunting/results/model.ts'
import { rowUnifier } from '../../../../src/hunting/results/unify-rows.ts'
import { unionColumns } from '../../../../src/hunting/results/union-columns.ts'
import { bytesOf } from './written.ts'

export async function parquet(chunks: ExportChunk[]): Promise<ArrayBuffer> {
  return new Uint8Array(await bytesOf('parquet', chunks)).buffer
}

export function unified(chunks: ExportChunk[]): Row[] {
  const { columns } = unionColumns(chunks)
  return chunks.flatMap(one => one.rows.map(row => rowUnifier(one.columns, columns)(one, row)))
}

/** Rows as lists of values, times as microseconds since 1970. */
export async function readParquet(file: ArrayBuffer): Promise<unknown[][]> {
  let rows: unknown[][] = []
  await parquetRead({
    file,
    compressors: { ZSTD: decompress },
    parsers: rawTimes,
    rowFormat: 'array',
    onComplete: read => {
      rows = read
    },
  })
  return rows
}

export const rawTimes = { timestampFromMicroseconds: (microseconds: bigint) => microseconds }

export function decompress(input: Uint8Array): Uint8Array {
  return new Uint8Array(zstdDecompressSync(input))
}

export function metadataOf(metadata: FileMetaData, key: string): string | undefined {
  return metadata.key_value_metadata?.find(entry => entry.key === key)?.value
}
