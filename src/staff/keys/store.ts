import type { Transaction } from '../../audit/store.ts'
import type { Prisma } from '../../generated/prisma/client.ts'
import type { Database } from '../../platform/database/index.ts'
import type { StaffRole } from '../../tenants/actor.ts'
import { type TenantLimits, toLimitColumns } from '../../tenants/limits.ts'

export type KeyStore = ReturnType<typeof createKeyStore>
export type KeyRow = Prisma.ApiKeyGetPayload<object>

export type NewKey = {
  name: string
  role: StaffRole
  hash: string
  prefix: string
  tenants: TenantLimits
  addresses: string[]
  createdBy: string
  ownerId: string | null
  createdAt: Date
  expiresAt: Date
}

export function createKeyStore(db: Database) {
  return {
    async add(tx: Transaction, { tenants, ...columns }: NewKey): Promise<KeyRow> {
      return await tx.apiKey.create({ data: { ...columns, ...toLimitColumns(tenants) } })
    },

    async byHash(hash: string): Promise<KeyRow | null> {
      return await db.apiKey.findUnique({ where: { hash } })
    },

    async byIds(ids: string[]): Promise<KeyRow[]> {
      return await db.apiKey.findMany({ where: { id: { in: ids } } })
    },

    /** Those in use first, then the newest. */
    async all(): Promise<KeyRow[]> {
      return await db.apiKey.findMany({
        orderBy: [{ revokedAt: { sort: 'desc', nulls: 'first' } }, { createdAt: 'desc' }],
      })
    },

    /** @returns false when somebody else noted it meanwhile */
    async noteUse(id: string, use: { at: Date; address: string; notedBefore: Date }): Promise<boolean> {
      const { count } = await db.apiKey.updateMany({
        where: { id, OR: [{ lastUsedAt: null }, { lastUsedAt: { lt: use.notedBefore } }] },
        data: { lastUsedAt: use.at, lastUsedAddress: use.address },
      })
      return count === 1
    },

    /** @returns false when it was revoked already */
    async revoke(tx: Transaction, id: string, at: Date): Promise<boolean> {
      const { count } = await tx.apiKey.updateMany({
        where: { id, revokedAt: null },
        data: { revokedAt: at },
      })
      return count === 1
    },

    transaction: <T>(work: (tx: Transaction) => Promise<T>): Promise<T> => db.$transaction(work),
  }
}
