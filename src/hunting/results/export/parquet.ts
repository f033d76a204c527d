import { constants, zstdCompressSync } from 'node:zlib'
import { ByteWriter, ParquetWriter } from 'hyparquet-writer'
import { estimateSize } from '../chunks/split-chunks.ts'
import type { Row } from '../model.ts'
import { renamedColumns } from '../union-columns.ts'
import { parquetColumns, parquetSchema } from './parquet-columns.ts'
import { type ExportSource, unifiedRows } from './source.ts'

/** A row group is full at either; with the encoded group this is all that is in memory. Rows, and bytes as JSON. */
const maxGroupRows = 5_000
const maxGroupBytes = 16 * 1024 * 1024

const compression = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

/**
 * Writes a result as Parquet, compressed with Zstandard, in row groups of
 * 5,000 rows or 16 MB. The footer's key-value metadata has the coverage
 * (`tenantry.ledger`) and the columns that do not bear the query's name
 * (`tenantry.renamedColumns`: `name`, `source`).
 *
 * @see Apache Parquet, "Logical Types"
 */
export async function* writeParquet(source: ExportSource): AsyncGenerator<Buffer> {
  const bytes = new ByteWriter()
  const kvMetadata = [
    { key: 'tenantry.ledger', value: JSON.stringify(source.coverage) },
    { key: 'tenantry.renamedColumns', value: JSON.stringify(renamedColumns(source.columns)) },
  ]
  const writer = new ParquetWriter({
    writer: bytes,
    schema: parquetSchema(source.columns),
    codec: 'ZSTD',
    compressors: { ZSTD: input => new Uint8Array(zstdCompressSync(input, compression)) },
    kvMetadata,
    createdBy: 'tenantry',
  })
  for await (const rows of groupsOf(unifiedRows(source))) {
    await writer.write({ columnData: parquetColumns(source.columns, rows), rowGroupSize: rows.length })
    yield take(bytes)
  }
  await writer.finish()
  yield take(bytes)
}

async function* groupsOf(batches: AsyncIterable<Row[]>): AsyncGenerator<Row[]> {
  let group: Row[] = []
  let size = 0
  for await (const rows of batches) {
    for (const row of rows) {
      group.push(row)
      size += estimateSize(row)
      if (group.length < maxGroupRows && size < maxGroupBytes) continue
      yield group
      group = []
      size = 0
    }
  }
  if (group.length > 0) yield group
}

/** What was written since the last time; the writer goes on at the same offset of the file. */
function take(bytes: ByteWriter): Buffer {
  const taken = Buffer.from(bytes.getBytes())
  bytes.index = 0
  return taken
}
