import { createHmac, timingSafeEqual } from 'node:crypto'
import { canonicalJson, type Storable } from '../platform/storable.ts'

/** What a row's hash covers, besides the hash of the row before it. */
export type ChainedEvent = {
  id: bigint
  at: Date
  actorKind: string
  actorId: string
  actorLabel: string
  action: string
  tenantId: string | null
  tenantName: string | null
  target: string | null
  result: string
  detail: Storable
  /** 1: what versions before the client's address wrote; 2: the three below are covered too. */
  shape: number
  actorRole: string | null
  address: string | null
  requestId: string | null
}

/** What is written now. */
export const currentShape = 2

/** The hash before the first row. */
export const genesisHash = '0'.repeat(64)

/**
 * Hash of one row. Keyed with the installation's key, which is not in the
 * database: whoever can write rows still cannot write a chain that verifies.
 *
 * A row of the first shape keeps the hash it was written with, and has nothing
 * in the columns that came later: filled in afterwards they would be believed.
 */
export function chainHash(key: Buffer, previousHash: string, event: ChainedEvent): string {
  const added = [event.actorRole, event.address, event.requestId]
  const isFirstShape = event.shape === 1 && added.every(value => value === null)
  const covered = canonicalJson([
    previousHash,
    event.id.toString(),
    event.at.toISOString(),
    event.actorKind,
    event.actorId,
    event.actorLabel,
    event.action,
    event.tenantId,
    event.tenantName,
    event.target,
    event.result,
    event.detail,
    ...(isFirstShape ? [] : added),
  ])
  const purpose = isFirstShape ? 'audit-event:' : `audit-event-${event.shape}:`
  return createHmac('sha256', key).update(purpose).update(covered).digest('hex')
}

/** Seals the number and hash of the last row, so that a chain cut off at its end shows. */
export function headSeal(key: Buffer, id: bigint, hash: string): string {
  return createHmac('sha256', key).update(`audit-head:${id}:${hash}`).digest('hex')
}

/** Whether two seals are the same, in the same time for all that are not. */
export function isSameSeal(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
