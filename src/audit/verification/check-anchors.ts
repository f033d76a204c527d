import type { Database } from '../../platform/database/index.ts'
import { isOwnAnchor } from '../anchors/anchor.ts'
import { readAnchors } from '../anchors/file.ts'
import { hashesOf } from '../store.ts'
import type { Broken } from './broken.ts'

/** What heads outside the database say. */
export type AnchorCheck = {
  compared: number
  /** Number of the last event that they count; 0 without any. */
  lastId: bigint
  broken: Broken | null
}

const batch = 1000

/**
 * Compares heads that were written outside the database with the events of the
 * same number that are in it. Events in archives are compared there.
 */
export async function checkAnchors(db: Database, key: Buffer, path: string): Promise<AnchorCheck> {
  const check: AnchorCheck = { compared: 0, lastId: 0n, broken: null }
  const note = (found: Broken): void => {
    if (!check.broken || found.id < check.broken.id) check.broken = found
  }
  let waiting: { id: bigint; hash: string }[] = []

  async function compare(): Promise<void> {
    const hashes = await hashesOf(
      db,
      waiting.map(({ id }) => id),
    )
    for (const { id, hash } of waiting) {
      const stored = hashes.get(id)
      if (stored !== undefined && stored !== hash) note({ id, reason: 'rewritten' })
    }
    check.compared += waiting.length
    waiting = []
  }

  for await (const anchor of readAnchors(path)) {
    // A line that power loss cut short says nothing, and proves nothing.
    if (!anchor) continue
    const id = BigInt(anchor.id)
    if (!isOwnAnchor(key, anchor)) {
      note({ id, reason: 'anchor_forged' })
      continue
    }
    if (id > check.lastId) check.lastId = id
    waiting.push({ id, hash: anchor.hash })
    if (waiting.length === batch) await compare()
  }
  await compare()
  return check
}
