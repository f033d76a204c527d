import { createHmac, timingSafeEqual } from 'node:crypto'
import { canonicalJson, storableJson } from '../platform/storable.ts'

/** What must not change between the request and the act. */
export type Sealed = {
  id: string
  act: string
  request: unknown
  tenantIds: string[]
  askerKind: string
  askerId: string
  expiresAt: Date
}

/**
 * Binds an approval's content to its row by the installation's key: what the
 * second person saw is what is done, whoever wrote to the database meanwhile.
 *
 * @returns 64 hexadecimal digits
 */
export function sealOf(key: Buffer, row: Sealed): string {
  const { id, act, request, tenantIds, askerKind, askerId, expiresAt } = row
  const text = canonicalJson({
    id,
    act,
    request: storableJson(request),
    tenantIds,
    askerKind,
    askerId,
    expiresAt: expiresAt.toISOString(),
  })
  return createHmac('sha256', key).update('tenantry.approval\n').update(text).digest('hex')
}

export function isSealed(key: Buffer, row: Sealed & { seal: string }): boolean {
  const expected = Buffer.from(sealOf(key, row))
  const found = Buffer.from(row.seal)
  return expected.length === found.length && timingSafeEqual(expected, found)
}
