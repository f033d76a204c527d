import { createHmac } from 'node:crypto'
import { canonicalJson, type Storable } from './storable.ts'

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
}

/** The hash before the first row. */
export const genesisHash = '0'.repeat(64)

/**
 * Hash of one row. Keyed with the installation's key, which is not in the
 * database: whoever can write rows still cannot write a chain that verifies.
 */
export function chainHash(key: Buffer, previousHash: string, event: ChainedEvent): string {
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
  ])
  return createHmac('sha256', key).update('audit-event:').update(covered).digest('hex')
}

/** Seals the number and hash of the last row, so that a chain cut off at its end shows. */
export function headSeal(key: Buffer, id: bigint, hash: string): string {
  return createHmac('sha256', key).update(`audit-head:${id}:${hash}`).digest('hex')
}
