import { createHash, type Hash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { open, rename, rm, stat } from 'node:fs/promises'
import { buffer, text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { extract, pack } from 'tar-stream'
import { z } from 'zod'
import { AppError } from '../errors.ts'
import { sealedKey } from './seal.ts'

/**
 * A backup is a gzipped tar: `head.json`, then the rows of each table as
 * PostgreSQL's COPY writes them, in pieces `data/<table>/<number>`, parents
 * before children, and at the end `manifest.json` with what must be in it. A
 * file that was cut off has no manifest.
 */
export const head = z.object({
  format: z.literal(1),
  version: z.string().describe('Of Tenantry'),
  createdAt: z.string(),
  migrations: z.array(z.string()).describe('That the tables are at, oldest first'),
  keyFingerprint: z.string(),
  key: sealedKey.nullable(),
  columns: z.record(z.string(), z.array(z.string())).describe('Of each table, in the order of the data'),
})
export type Head = z.infer<typeof head>

const tableSummary = z.object({ rows: z.number(), bytes: z.number(), sha256: z.string() })
export type TableSummary = z.infer<typeof tableSummary>

export const manifest = z.object({ tables: z.record(z.string(), tableSummary) })
export type Manifest = z.infer<typeof manifest>

/** Pieces of about this size are held in memory, one at a time. */
const pieceBytes = 1024 * 1024

export type ArchiveWriter = {
  /** Writes a table's rows. @returns what was written */
  addTable(name: string, rows: AsyncIterable<Buffer>): Promise<TableSummary>
  /** Puts the file in its place. */
  finish(): Promise<Manifest>
  /** Removes what was written. */
  abandon(): Promise<void>
}

/** @throws AppError `conflict` when the file exists and may not be replaced */
export async function createArchive(
  path: string,
  first: Head,
  { overwrite }: { overwrite: boolean },
): Promise<ArchiveWriter> {
  if (!overwrite && (await exists(path))) {
    throw new AppError('conflict', `${path} exists already`, {
      remedy: 'Name another file, or add --overwrite.',
    })
  }
  const partial = `${path}.partial`
  const tar = pack()
  // 0600: it holds what the customers' tenants hold.
  const written = pipeline(tar, createGzip({ level: 6 }), createWriteStream(partial, { mode: 0o600 }))
  written.catch(() => {})
  const summaries: Manifest['tables'] = {}

  async function add(name: string, data: Buffer): Promise<void> {
    const entry = tar.entry({ name, size: data.length })
    await Promise.race([
      new Promise<void>((done, failed) => {
        entry.once('error', failed)
        entry.once('finish', done)
        entry.end(data)
      }),
      // A disk that is full fails the file, not the entry.
      written.then(() => {
        throw new Error('the file ended early')
      }),
    ])
  }

  await add('head.json', Buffer.from(JSON.stringify(first)))
  return {
    async addTable(name, rows) {
      const hash = createHash('sha256')
      let [count, bytes, number] = [0, 0, 0]
      for await (const piece of inPieces(rows)) {
        hash.update(piece)
        bytes += piece.length
        count += countRows(piece)
        await add(`data/${name}/${String(number++).padStart(8, '0')}`, piece)
      }
      const summary = { rows: count, bytes, sha256: hash.digest('hex') }
      summaries[name] = summary
      return summary
    },

    async finish() {
      const last: Manifest = { tables: summaries }
      await add('manifest.json', Buffer.from(JSON.stringify(last)))
      tar.finalize()
      await written
      const file = await open(partial, 'r+')
      await file.sync()
      await file.close()
      await rename(partial, path)
      return last
    },

    async abandon() {
      tar.destroy()
      await written.catch(() => {})
      await rm(partial, { force: true })
    },
  }
}

/**
 * Reads a backup from its beginning to its end and checks all of it.
 *
 * @param onPiece is given the tables' rows, piece by piece, in their order
 * @throws AppError `invalid` when the file is none, was cut off or altered
 */
export async function readArchive(
  path: string,
  onPiece: (table: string, data: Buffer) => Promise<void> | void = () => {},
): Promise<{ head: Head; manifest: Manifest }> {
  const entries = extract()
  const unpacking = pipeline(createReadStream(path), createGunzip(), entries)
  const hashes = new Map<string, Hash>()
  const seen: Manifest['tables'] = {}
  let last: Manifest | null = null
  let first: Head | null = null
  /** What the pieces met where they go: no fault of the file. */
  let refused: { reason: unknown } | null = null
  unpacking.catch(error => entries.destroy(error))
  try {
    for await (const entry of entries) {
      const { name } = entry.header
      const [, table] = /^data\/([^/]+)\/\d+$/.exec(name) ?? []
      if (!first) {
        if (name !== 'head.json') throw new Error('it does not begin with head.json')
        first = head.parse(JSON.parse(await text(entry)))
      } else if (table) {
        const data = await buffer(entry)
        const hash = hashes.get(table) ?? createHash('sha256')
        hashes.set(table, hash.update(data))
        const before = seen[table] ?? { rows: 0, bytes: 0, sha256: '' }
        seen[table] = { ...before, rows: before.rows + countRows(data), bytes: before.bytes + data.length }
        try {
          await onPiece(table, data)
        } catch (reason) {
          refused = { reason }
          throw reason
        }
      } else if (name === 'manifest.json') last = manifest.parse(JSON.parse(await text(entry)))
      else throw new Error(`it holds "${name}"`)
    }
    await unpacking
    if (!first || !last) throw new Error('it was cut off')
    for (const [table, hash] of hashes) {
      const found = seen[table]
      if (found) found.sha256 = hash.digest('hex')
    }
    compare(last, seen)
    return { head: first, manifest: last }
  } catch (cause) {
    await unpacking.catch(() => {})
    if (refused) throw refused.reason
    if (cause instanceof AppError) throw cause
    const said = cause instanceof z.ZodError ? 'its description cannot be read' : messageOf(cause)
    throw new AppError('invalid', `${path} is not a whole backup: ${said}`, {
      remedy: 'Use another one; nothing was changed.',
      cause,
    })
  }
}

function compare({ tables }: Manifest, seen: Manifest['tables']): void {
  for (const [name, wanted] of Object.entries(tables)) {
    const found = seen[name]
    if (wanted.rows === 0 && !found) continue
    if (found?.sha256 !== wanted.sha256 || found.rows !== wanted.rows)
      throw new Error(`table ${name} was altered`)
  }
  for (const name of Object.keys(seen))
    if (!tables[name]) throw new Error(`table ${name} is not in its manifest`)
}

/** Line ends within values are escaped by COPY, so each one ends a row. */
function countRows(data: Buffer): number {
  let count = 0
  for (let at = data.indexOf(10); at >= 0; at = data.indexOf(10, at + 1)) count++
  return count
}

/** Rows whole, some of them in one piece. */
async function* inPieces(rows: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = []
  let size = 0
  for await (const data of rows) {
    waiting.push(data)
    size += data.length
    if (size < pieceBytes) continue
    yield Buffer.concat(waiting)
    waiting = []
    size = 0
  }
  if (size > 0) yield Buffer.concat(waiting)
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  )
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
