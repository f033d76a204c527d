import { z } from 'zod'
import type { AuditRow } from '../store.ts'
import type { BrokenReason } from './broken.ts'

/** The event by which an administrator says that an older state was put back on purpose. */
export const restoreAcknowledged = 'audit.restore-acknowledged'

/** What a restore leaves behind: heads outside that count events which are gone, or are others now. */
export const restoreReasons: readonly BrokenReason[] = ['rolled_back', 'emptied', 'rewritten']

/** An acknowledged restore: heads from `from` on that were written until `at` are not held against the chain. */
export type Restore = { from: bigint; at: Date }

const detailSchema = z.object({ from: z.string().regex(/^\d{1,19}$/) })

/**
 * The restore that an event of the chain acknowledges; null for any other.
 * Only an event whose hash holds may be asked: without the key nobody writes one.
 */
export function restoreOf(row: Pick<AuditRow, 'action' | 'at' | 'detail'>): Restore | null {
  if (row.action !== restoreAcknowledged) return null
  const { success, data } = detailSchema.safeParse(row.detail)
  return success ? { from: BigInt(data.from), at: row.at } : null
}

/** Whether a head was written before a restore that is acknowledged, for what the restore took. */
export function isFromBefore(restores: Restore[], head: { id: bigint; at: Date }): boolean {
  return restores.some(({ from, at }) => head.id >= from && head.at <= at)
}
