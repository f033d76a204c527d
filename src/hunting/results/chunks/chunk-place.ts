import type { SealedPlace } from '../../../platform/sealing/envelope.ts'

/** What the rows of an answer are sealed to: they open in no other hunt, tenant or place. */
export function chunkPlace({
  huntId,
  tenantId,
  seq,
}: {
  huntId: string
  tenantId: string
  seq: number
}): SealedPlace {
  return { table: 'HuntChunk', row: [huntId, tenantId, seq] }
}
