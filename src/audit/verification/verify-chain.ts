import type { Database } from '../../platform/database/index.ts'
import { openArchive } from '../archives/read-archive.ts'
import { headSeal, isSameSeal } from '../chain.ts'
import { type AuditRow, readHead, readSegments, rowsAfter } from '../store.ts'
import type { Broken, ChainCheck } from './broken.ts'
import { type AnchorCheck, checkAnchors, noAnchors, type UnfitHead } from './check-anchors.ts'
import { isFromBefore, type Restore, restoreOf } from './restores.ts'
import { type ChainPosition, chainStart, checkNext } from './walk.ts'

/** Where the audit keeps what is outside the database. */
export type AuditPlaces = { anchorFile: string; archiveFolder: string }

export type VerifyOptions = {
  db: Database
  key: Buffer
  /** null: only what is in the database is looked at. */
  places: AuditPlaces | null
  /** Told now and then how many events hold so far. */
  onProgress?: (events: number) => unknown
  /** Counted as if the chain acknowledged it. */
  restore?: Restore | null
}

/**
 * Reads the whole chain, archives first, in batches, and finds the first event
 * that was altered, removed or cut off; and what heads outside the database
 * know and the database does not.
 */
export async function verifyChain(options: VerifyOptions): Promise<ChainCheck> {
  const { db, key, places, onProgress, restore = null } = options
  // In this order: what is written meanwhile is further than heads, and heads are further than anchors.
  const anchors: AnchorCheck = places ? await checkAnchors(db, key, places.anchorFile) : noAnchors
  const head = await readHead(db)
  let position: ChainPosition = chainStart
  let archived = 0
  const restores: Restore[] = restore ? [restore] : []

  /** The event holds: the chain goes on behind it. */
  function pass(row: AuditRow): void {
    position = { id: row.id, hash: row.hash }
    const acknowledged = restoreOf(row)
    if (acknowledged) restores.push(acknowledged)
  }

  async function findBroken(): Promise<Broken | null> {
    for (const segment of await readSegments(db)) {
      const archive = openArchive(key, segment, places?.archiveFolder ?? null)
      if (segment.firstId !== position.id + 1n) return { id: position.id + 1n, reason: 'removed' }
      try {
        for await (const row of archive.rows()) {
          const broken = checkNext(key, position, row)
          if (broken) return broken
          pass(row)
          archived += 1
        }
      } catch {
        // What cannot be unpacked or read is not what was written.
        return { id: position.id + 1n, reason: 'archive_altered' }
      }
      const problem = await archive.problem()
      if (problem || position.id !== segment.lastId || position.hash !== segment.lastHash) {
        return { id: position.id + 1n, reason: problem ?? 'archive_altered' }
      }
      await onProgress?.(Number(position.id))
    }
    for (;;) {
      const rows = await rowsAfter(db, position.id, 1000)
      for (const row of rows) {
        const broken = checkNext(key, position, row)
        if (broken) return broken
        pass(row)
      }
      if (rows.length === 0) return checkEnd()
      await onProgress?.(Number(position.id))
    }
  }

  async function checkEnd(): Promise<Broken | null> {
    const next = position.id + 1n
    if (unfit().some(({ isMissing }) => isMissing)) {
      return { id: next, reason: position.id === 0n ? 'emptied' : 'rolled_back' }
    }
    if (!head) return position.id === 0n ? null : { id: position.id, reason: 'head_missing' }
    if (!isSameSeal(head.seal, headSeal(key, head.id, head.hash)))
      return { id: position.id, reason: 'head_forged' }
    if (head.id > position.id) return { id: next, reason: 'cut_off' }
    // A head is written together with its event: now it is at least as far as what was read.
    const latest = await readHead(db)
    if (!latest || latest.id < position.id) return { id: position.id, reason: 'head_outdated' }
    return null
  }

  /** Heads that nothing explains. What was missing may have been written since. */
  function unfit(): UnfitHead[] {
    return anchors.unfit.filter(
      head => !isFromBefore(restores, head) && (!head.isMissing || head.id > position.id),
    )
  }

  const found = await findBroken()
  const broken = firstOf(
    found,
    anchors.forged,
    ...unfit().map(({ id, isMissing }) => (isMissing ? null : { id, reason: 'rewritten' as const })),
  )
  const lost = unfit()
    .map(({ id }) => id)
    .sort((a, b) => Number(a - b))
  return {
    intact: broken === null,
    events: Number(position.id),
    firstBroken: broken && { id: broken.id.toString(), reason: broken.reason },
    anchors: anchors.compared,
    archived,
    restores: restores.length,
    lost: lost.length === 0 ? null : { from: `${anchors.fitsUntil + 1n}`, until: `${lost.at(-1)}` },
  }
}

/** The one with the lowest number; the earlier one where two have the same. */
function firstOf(...all: (Broken | null)[]): Broken | null {
  return all.reduce((first, one) => (first && (!one || first.id <= one.id) ? first : one), null)
}
