import { createHash } from 'node:crypto'
import { mkdir, open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { AppError } from '../../errors.ts'
import type { Database } from '../../platform/database/index.ts'
import { systemActor } from '../../tenants/actor.ts'
import type { Audit } from '../audit.ts'
import { type AuditRow, forwardedUntil, moveToSegment, readSegments, rowsAfter } from '../store.ts'
import { type ChainPosition, chainStart, checkNext } from '../verification/walk.ts'
import { segmentSeal, writeArchiveLine } from './read-archive.ts'

const compress = promisify(gzip)

/** Events of one archive at most: some megabytes before they are packed. */
const mostEvents = 10_000

/**
 * Moves events older than `keepDays` to files, whole segments of the chain at
 * a time. A file is on the disk before the rows go; events that do not verify
 * are never moved, and neither are those that are still to be forwarded.
 *
 * @returns events moved now
 * @throws AppError `conflict` at an event that does not hold
 */
export async function archiveOld({
  db,
  audit,
  key,
  folder,
  keepDays,
  now,
}: {
  db: Database
  audit: Pick<Audit, 'record'>
  key: Buffer
  folder: string
  keepDays: number
  now: () => Date
}): Promise<number> {
  const before = new Date(now().getTime() - keepDays * 24 * 3600_000)
  const forwarded = await forwardedUntil(db)
  let moved = 0
  for (;;) {
    const last = (await readSegments(db)).at(-1)
    const start: ChainPosition = last ? { id: last.lastId, hash: last.lastHash } : chainStart
    const rows = await rowsAfter(db, start.id, mostEvents + 1)
    // Never the last of all: the chain goes on from it.
    const candidates = rows.slice(0, -1).slice(0, mostEvents)
    const kept = candidates.findIndex(({ id, at }) => at >= before || (forwarded !== null && id > forwarded))
    const old = kept === -1 ? candidates : candidates.slice(0, kept)
    if (old.length === 0) return moved
    const end = verify(key, start, old)
    const segment = {
      firstId: start.id + 1n,
      lastId: end.id,
      previousHash: start.hash,
      lastHash: end.hash,
      ...(await writeFile(folder, old)),
    }
    await db.$transaction(async tx => {
      const lastAt = old.at(-1)?.at ?? before
      await moveToSegment(tx, { ...segment, lastAt, seal: segmentSeal(key, segment), archivedAt: now() })
      const detail = {
        events: old.length,
        firstId: segment.firstId,
        lastId: segment.lastId,
        digest: segment.digest,
      }
      await audit.record({ actor: systemActor, action: 'audit.archived', target: segment.file, detail }, tx)
    })
    moved += old.length
  }
}

function verify(key: Buffer, start: ChainPosition, rows: AuditRow[]): ChainPosition {
  let position = start
  for (const row of rows) {
    const broken = checkNext(key, position, row)
    if (broken?.reason === 'altered' || broken?.reason === 'removed') {
      throw new AppError(
        'conflict',
        `audit event ${broken.id} does not hold (${broken.reason}): nothing is archived`,
        {
          remedy: 'Run "tenantry audit verify" and find out what happened to the database first.',
        },
      )
    }
    position = { id: row.id, hash: row.hash }
  }
  return position
}

/** @returns name and SHA-256 of the file, which is on the disk then */
async function writeFile(folder: string, rows: AuditRow[]): Promise<{ file: string; digest: string }> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const file = `audit-${rows[0]?.id}-${rows.at(-1)?.id}.ndjson.gz`
  const packed = await compress(rows.map(writeArchiveLine).join(''))
  const path = join(folder, file)
  const handle = await open(`${path}.new`, 'w', 0o600)
  try {
    await handle.writeFile(packed)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(`${path}.new`, path)
  return { file, digest: createHash('sha256').update(packed).digest('hex') }
}
