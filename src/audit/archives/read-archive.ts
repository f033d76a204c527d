import { createHash, createHmac } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import { z } from 'zod'
import { storableJson } from '../../platform/storable.ts'
import { isSameSeal } from '../chain.ts'
import type { AuditRow, AuditSegment } from '../store.ts'

const rowSchema = z.object({
  id: z.string().transform(BigInt),
  at: z.string().transform(text => new Date(text)),
  actorKind: z.string(),
  actorId: z.string(),
  actorLabel: z.string(),
  action: z.string(),
  tenantId: z.string().nullable(),
  tenantName: z.string().nullable(),
  target: z.string().nullable(),
  result: z.string(),
  detail: z.unknown().transform(storableJson),
  previousHash: z.string(),
  hash: z.string(),
  shape: z.number().int(),
  actorRole: z.string().nullable(),
  address: z.string().nullable(),
  requestId: z.string().nullable(),
})

/** One line of an archive. */
export function writeArchiveLine(row: AuditRow): string {
  return `${JSON.stringify({ ...row, id: row.id.toString() })}\n`
}

/** Seals the record of an archive: which events, which hashes, which file. */
export function segmentSeal(
  key: Buffer,
  segment: Omit<AuditSegment, 'seal' | 'lastAt' | 'archivedAt'>,
): string {
  const { firstId, lastId, previousHash, lastHash, file, digest } = segment
  const covered = [firstId, lastId, previousHash, lastHash, file, digest].join(':')
  return createHmac('sha256', key).update(`audit-segment:${covered}`).digest('hex')
}

/**
 * Opens an archive.
 *
 * @param folder null when files cannot be looked at here
 */
export function openArchive(key: Buffer, segment: AuditSegment, folder: string | null) {
  const path = folder === null ? null : join(folder, segment.file)
  const digest = createHash('sha256')
  let isMissing = path === null

  return {
    /** @throws what unpacking or reading a file that was altered says */
    async *rows(): AsyncGenerator<AuditRow> {
      // The name is of our making; one with a folder in it was written by somebody else.
      if (!path || !/^audit-\d+-\d+\.ndjson\.gz$/.test(segment.file)) return
      if (!(await stat(path).catch(() => null))) {
        isMissing = true
        return
      }
      const file = createReadStream(path)
      file.on('data', piece => digest.update(piece))
      const unpacked = file.pipe(createGunzip())
      file.on('error', error => unpacked.destroy(error))
      for await (const line of createInterface({ input: unpacked })) {
        yield rowSchema.parse(JSON.parse(line)) as AuditRow
      }
    },

    /** What is wrong with the file or its record, once the rows were read; null when nothing is. */
    async problem(): Promise<'archive_missing' | 'archive_altered' | null> {
      if (!isSameSeal(segment.seal, segmentSeal(key, segment))) return 'archive_altered'
      if (isMissing) return 'archive_missing'
      return digest.digest('hex') === segment.digest ? null : 'archive_altered'
    },
  }
}
