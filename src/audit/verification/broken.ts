/** What can be wrong with the head when the chain is to go on. */
export type BrokenHead = 'head_missing' | 'head_forged' | 'head_outdated'

/** Why an event does not hold. */
export type BrokenReason =
  | BrokenHead
  /** Its content, or its place in the chain, is not as it was written. */
  | 'altered'
  /** It is missing while later ones are there. */
  | 'removed'
  /** The head counts it, and it and all after it are missing. */
  | 'cut_off'
  /** Heads written outside the database count events that are not there: an older state was put back. */
  | 'rolled_back'
  /** Heads written outside the database count events, and there are none. */
  | 'emptied'
  /** A head written outside the database has another hash for it. */
  | 'rewritten'
  /** A head outside the database was not written by this installation. */
  | 'anchor_forged'
  /** It was moved to a file that is not there. */
  | 'archive_missing'
  /** It was moved to a file that is not as it was written, or the record of that file is not ours. */
  | 'archive_altered'

export type Broken = { id: bigint; reason: BrokenReason }

/** The event that says that the chain's head was not ours when it was to go on. */
export const chainBroken = 'audit.chain-broken'

/** Contract shape of `POST /api/v1/audit/verification`, and what else is known. */
export type ChainCheck = {
  intact: boolean
  /** Events that hold, up to the first that does not. */
  events: number
  firstBroken: { id: string; reason: BrokenReason } | null
  /** Heads outside the database that were compared. */
  anchors: number
  /** Events of them that are in archives. */
  archived: number
  /** Restores that administrators acknowledged: what they took is not held against the chain. */
  restores: number
  /** Events that heads outside the database count and that are gone, or are others now; null when all fit. */
  lost: { from: string; until: string } | null
}
