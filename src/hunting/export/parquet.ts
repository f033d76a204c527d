import { constants, zstdCompressSync } from 'node:zlib'
import { ByteWriter, ParquetWriter } from 'hyparquet-writer'
import type { Row } from '../results/model.ts'
import { estimateSize } from '../results/split-chunks.ts'
import { type OutOfRange, parquetColumns, parquetSchema } from './parquet-columns.ts'
import { type ExportSource, unifiedRows } from './source.ts'

/** A row group is full at either; with the encoded group this is all that is in memory. Rows, and bytes as JSON. */
const maxGroupRows = 5_000
const maxGroupBytes = 16 * 1024 * 1024

const compression = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

/** Times listed in the footer at most; beyond, they are only counted. */
const maxListed = 1_000

/**
 * Writes a result as Parquet, compressed with Zstandard, in row groups of
 * 5,000 rows or 16 MB. The footer's key-value metadata has the ledger (`tenantry.ledger`)
 * and, where there are any, the times that 64 bits of nanoseconds cannot hold
 * and that are null in the columns (`tenantry.timesOutOfRange`: how many, and
 * the first of them with row, column and text).
 *
 * @see Apache Parquet, "Logical Types"
 */
export async function* writeParquet(source: ExportSource): AsyncGenerator<Buffer> {
  const bytes = new ByteWriter()
  const kvMetadata = [{ key: 'tenantry.ledger', value: JSON.stringify(source.ledger) }]
  const writer = new ParquetWriter({
    writer: bytes,
    schema: parquetSchema(source.columns),
    codec: 'ZSTD',
    compressors: { ZSTD: input => new Uint8Array(zstdCompressSync(input, compression)) },
    kvMetadata,
    createdBy: 'tenantry',
  })

  const outOfRange = { count: 0, first: [] as OutOfRange[] }
  let rowCount = 0
  for await (const rows of groupsOf(unifiedRows(source))) {
    const columnData = parquetColumns(source.columns, rows, rowCount, time => {
      outOfRange.count++
      if (outOfRange.first.length < maxListed) outOfRange.first.push(time)
    })
    await writer.write({ columnData, rowGroupSize: rows.length })
    rowCount += rows.length
    yield take(bytes)
  }
  if (outOfRange.count > 0) {
    kvMetadata.push({ key: 'tenantry.timesOutOfRange', value: JSON.stringify(outOfRange) })
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
