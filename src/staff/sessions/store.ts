import type { Transaction } from '../../audit/store.ts'
import type { Prisma } from '../../generated/prisma/client.ts'
import type { Database } from '../../platform/database/index.ts'

export type SessionRows = ReturnType<typeof createSessionRows>

export type SessionRow = {
  id: string
  idHash: string
  objectId: string | null
  createdAt: Date
  lastSeenAt: Date
  address: string | null
  userAgent: string | null
  expiresAt: Date
}

const shown = {
  id: true,
  idHash: true,
  objectId: true,
  createdAt: true,
  lastSeenAt: true,
  address: true,
  userAgent: true,
  expiresAt: true,
} as const

/** Where a session is used from. */
export type Client = { address: string; userAgent: string }

/** @param idleMs without a request for so long a session is over */
export function createSessionRows(db: Database, idleMs: number) {
  const valid = (now: Date): Prisma.SessionWhereInput => ({
    expiresAt: { gt: now },
    lastSeenAt: { gt: new Date(now.getTime() - idleMs) },
  })

  return {
    /** Writes a session. When it ends is said once, when it begins: nothing that is written later moves it. */
    async save(row: {
      idHash: string
      data: Prisma.InputJsonObject
      objectId: string | null
      entraSid: string | null
      address: string | null
      userAgent: string | null
      authenticatedAt: Date | null
      acrs: string[]
      now: Date
      expiresAt: Date
    }): Promise<void> {
      const { idHash, expiresAt, now, ...rest } = row
      const create = { idHash, ...rest, expiresAt, createdAt: now, lastSeenAt: now }
      await db.session.upsert({ where: { idHash }, create, update: rest })
    },

    async find(idHash: string, now: Date): Promise<unknown> {
      const row = await db.session.findFirst({ where: { idHash, ...valid(now) }, select: { data: true } })
      return row?.data ?? null
    },

    async findMany(idHashes: string[], now: Date): Promise<SessionRow[]> {
      return await db.session.findMany({ where: { idHash: { in: idHashes }, ...valid(now) }, select: shown })
    },

    /** Sessions of one person that are not over, the one seen last first. */
    async findOf(objectId: string, now: Date): Promise<SessionRow[]> {
      return await db.session.findMany({
        where: { objectId, ...valid(now) },
        orderBy: { lastSeenAt: 'desc' },
        select: shown,
        take: 200,
      })
    },

    /** Notes that a session is in use, unless that was noted after `notedBefore`. */
    async noteUse(idHash: string, client: Client, now: Date, notedBefore: Date): Promise<void> {
      await db.session.updateMany({
        where: { idHash, lastSeenAt: { lt: notedBefore } },
        data: { lastSeenAt: now, address: client.address, userAgent: client.userAgent },
      })
    },

    async remove(idHash: string): Promise<void> {
      await db.session.deleteMany({ where: { idHash } })
    },

    /** Ends one session, or all, of one person. @returns how many */
    async removeOf(tx: Transaction, objectId: string, id?: string): Promise<number> {
      return (await tx.session.deleteMany({ where: { objectId, ...(id ? { id } : {}) } })).count
    },

    /** Ends every session of one sign-in at Entra (front-channel sign-out). */
    async removeByEntraSid(entraSid: string): Promise<number> {
      return (await db.session.deleteMany({ where: { entraSid } })).count
    },

    async removeExpired(now: Date): Promise<number> {
      return (await db.session.deleteMany({ where: { NOT: valid(now) } })).count
    },

    transaction: <T>(work: (tx: Transaction) => Promise<T>): Promise<T> => db.$transaction(work),
  }
}
