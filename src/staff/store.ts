import type { Database } from '../database/index.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import type { StaffRole } from '../tenants/actor.ts'
import type { SignedInStaff } from './sign-in.ts'

export type StaffStore = ReturnType<typeof createStaffStore>

export function createStaffStore(db: Database) {
  return {
    async rememberSignIn(staff: SignedInStaff, at: Date): Promise<void> {
      const facts = { username: staff.username, name: staff.name, role: staff.role, lastSignInAt: at }
      await db.staffMember.upsert({
        where: { objectId: staff.objectId },
        create: { objectId: staff.objectId, ...facts },
        update: facts,
      })
    },

    async limitsOf(objectId: string): Promise<string[]> {
      const member = await db.staffMember.findUnique({ where: { objectId }, select: { limitedToTags: true } })
      return member?.limitedToTags ?? []
    },

    async membersById(objectIds: string[]) {
      return await db.staffMember.findMany({ where: { objectId: { in: objectIds } } })
    },

    async members() {
      return await db.staffMember.findMany({ orderBy: { username: 'asc' } })
    },

    /** @returns false when nobody has that object id */
    async limitMember(objectId: string, tags: string[]): Promise<boolean> {
      const { count } = await db.staffMember.updateMany({
        where: { objectId },
        data: { limitedToTags: tags },
      })
      return count === 1
    },

    async addKey(key: {
      name: string
      role: StaffRole
      hash: string
      prefix: string
      limitedToTags: string[]
      createdBy: string
    }) {
      return await db.apiKey.create({ data: key })
    },

    async keyByHash(hash: string) {
      return await db.apiKey.findUnique({ where: { hash } })
    },

    async touchKey(id: string, at: Date): Promise<void> {
      await db.apiKey.updateMany({ where: { id }, data: { lastUsedAt: at } })
    },

    async keysById(ids: string[]) {
      return await db.apiKey.findMany({ where: { id: { in: ids } } })
    },

    async keys() {
      return await db.apiKey.findMany({
        orderBy: [{ revokedAt: { sort: 'desc', nulls: 'first' } }, { createdAt: 'desc' }],
      })
    },

    async revokeKey(id: string, at: Date): Promise<{ name: string } | null> {
      const { count } = await db.apiKey.updateMany({
        where: { id, revokedAt: null },
        data: { revokedAt: at },
      })
      return count === 1 ? await db.apiKey.findUnique({ where: { id }, select: { name: true } }) : null
    },
  }
}

export type SessionRows = ReturnType<typeof createSessionRows>

export function createSessionRows(db: Database) {
  return {
    async save(row: {
      idHash: string
      data: Prisma.InputJsonObject
      objectId: string | null
      entraSid: string | null
      expiresAt: Date
    }): Promise<void> {
      const { idHash, ...rest } = row
      await db.session.upsert({ where: { idHash }, create: row, update: rest })
    },

    async find(idHash: string, now: Date): Promise<unknown> {
      const row = await db.session.findUnique({ where: { idHash } })
      return row && row.expiresAt > now ? row.data : null
    },

    async remove(idHash: string): Promise<void> {
      await db.session.deleteMany({ where: { idHash } })
    },

    /** Ends every session of one sign-in at Entra (front-channel sign-out). */
    async removeByEntraSid(entraSid: string): Promise<number> {
      return (await db.session.deleteMany({ where: { entraSid } })).count
    },

    async removeExpired(now: Date): Promise<number> {
      return (await db.session.deleteMany({ where: { expiresAt: { lt: now } } })).count
    },
  }
}
