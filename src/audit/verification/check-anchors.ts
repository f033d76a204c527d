import type { Database } from '../../platform/database/index.ts'
import { isOwnAnchor } from '../anchors/anchor.ts'
import { readAnchors } from '../anchors/file.ts'
import { hashesOf, lastEventId } from '../store.ts'
import type { Broken } from './broken.ts'

/** A head outside the database that is not the database's: it has another hash for the event, or does not have the event. */
export type UnfitHead = { id: bigint; at: Date; isMissing: boolean }

/** What heads outside the database say. */
export type AnchorCheck = {
  compared: number
  /** The first that this installation did not write. */
  forged: Broken | null
  /** In the order in which they were written. */
  unfit: UnfitHead[]
  /** The last event up to which they fit, before the first that does not. */
  fitsUntil: bigint
}

export const noAnchors: AnchorCheck = { compared: 0, forged: null, unfit: [], fitsUntil: 0n }

const batch = 1000

/**
 * Compares heads that were written outside the database with the events of the
 * same number that are in it. Events in archives are compared there.
 */
export async function checkAnchors(db: Database, key: Buffer, path: string): Promise<AnchorCheck> {
  const check: AnchorCheck = { compared: 0, forged: null, unfit: [], fitsUntil: 0n }
  // What is missing up to here is in an archive, or its gap is found in the chain.
  const last = await lastEventId(db)
  let waiting: { id: bigint; hash: string; at: Date }[] = []

  async function compare(): Promise<void> {
    const hashes = await hashesOf(
      db,
      waiting.map(({ id }) => id),
    )
    for (const { id, hash, at } of waiting) {
      const stored = hashes.get(id)
      const isMissing = stored === undefined
      const fits = isMissing ? id <= last : stored === hash
      if (!fits) check.unfit.push({ id, at, isMissing })
      else if (check.unfit.length === 0 && id > check.fitsUntil) check.fitsUntil = id
    }
    check.compared += waiting.length
    waiting = []
  }

  for await (const anchor of readAnchors(path)) {
    // A line that power loss cut short says nothing, and proves nothing.
    if (!anchor) continue
    const id = BigInt(anchor.id)
    if (isOwnAnchor(key, anchor)) waiting.push({ id, hash: anchor.hash, at: new Date(anchor.at) })
    else if (!check.forged || id < check.forged.id) check.forged = { id, reason: 'anchor_forged' }
    if (waiting.length === batch) await compare()
  }
  await compare()
  return check
}
