import type { Prisma } from '../../generated/prisma/client.ts'
import type { Database } from '../../platform/database/index.ts'

export type SealingKeyRow = Prisma.SealingKeyGetPayload<object>

/** Oldest first; the last is the one that seals. */
export function findSealingKeys(db: Database): Promise<SealingKeyRow[]> {
  return db.sealingKey.findMany({ orderBy: { number: 'asc' } })
}

/** @returns false when another process made one of this number first */
export async function addSealingKey(
  db: Database,
  row: { id: string; number: number; wrapped: Uint8Array<ArrayBuffer>; createdAt: Date },
): Promise<boolean> {
  const { count } = await db.sealingKey.createMany({ data: [row], skipDuplicates: true })
  return count === 1
}

export async function removeSealingKeys(db: Database, ids: string[]): Promise<void> {
  await db.sealingKey.deleteMany({ where: { id: { in: ids } } })
}
