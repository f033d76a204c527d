import { storableJson } from '../../platform/storable.ts'
import { type ChainedEvent, chainHash, genesisHash } from '../chain.ts'
import type { AuditRow } from '../store.ts'
import type { Broken, BrokenHead, BrokenReason } from './broken.ts'
import { chainBroken } from './broken.ts'

/** Where the chain stands: the last event that holds. */
export type ChainPosition = { id: bigint; hash: string }

/** Before the first event. */
export const chainStart: ChainPosition = { id: 0n, hash: genesisHash }

/** What is wrong with the event that follows a position; null when it holds. */
export function checkNext(key: Buffer, { id, hash }: ChainPosition, row: AuditRow): Broken | null {
  if (row.id !== id + 1n) return { id: id + 1n, reason: 'removed' }
  if (row.previousHash !== hash || row.hash !== chainHash(key, hash, chainedOf(row))) {
    return { id: row.id, reason: 'altered' }
  }
  return row.action === chainBroken ? { id: row.id, reason: reasonOf(row) } : null
}

function chainedOf(row: AuditRow): ChainedEvent {
  return { ...row, detail: storableJson(row.detail) }
}

const headReasons: readonly BrokenHead[] = ['head_missing', 'head_forged', 'head_outdated']

function reasonOf(row: AuditRow): BrokenReason {
  const detail = storableJson(row.detail)
  const reason = detail && typeof detail === 'object' && !Array.isArray(detail) ? detail.reason : null
  return headReasons.find(known => known === reason) ?? 'head_missing'
}
