import type { Transaction } from '../audit/store.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import type { Database } from '../platform/database/index.ts'
import { type TenantLimits, toLimitColumns } from '../tenants/limits.ts'
import { isWithin } from '../tenants/visible-store.ts'
import type { SignedInStaff } from './sign-in.ts'

export type StaffStore = ReturnType<typeof createStaffStore>
export type MemberRow = Prisma.StaffMemberGetPayload<object>

export function createStaffStore(db: Database) {
  return {
    /** @param limits of somebody who is not known yet */
    async rememberSignIn(staff: SignedInStaff, limits: TenantLimits, at: Date): Promise<MemberRow> {
      const { objectId, username, name, roles } = staff
      const facts = { username, name, roles: [...roles], lastSignInAt: at }
      return await db.staffMember.upsert({
        where: { objectId },
        create: { objectId, ...facts, ...toLimitColumns(limits) },
        update: facts,
      })
    },

    async member(objectId: string): Promise<MemberRow | null> {
      return await db.staffMember.findUnique({ where: { objectId } })
    },

    async membersById(objectIds: string[]): Promise<MemberRow[]> {
      return await db.staffMember.findMany({ where: { objectId: { in: objectIds } } })
    },

    async members(): Promise<MemberRow[]> {
      return await db.staffMember.findMany({
        orderBy: [{ removedAt: { sort: 'desc', nulls: 'first' } }, { username: 'asc' }],
      })
    },

    /** Enters somebody who may never have signed in; somebody who was removed comes back. */
    async enter(
      tx: Transaction,
      member: { objectId: string; username: string; name: string; enteredBy: string },
      limits: TenantLimits,
    ): Promise<void> {
      const columns = toLimitColumns(limits)
      await tx.staffMember.upsert({
        where: { objectId: member.objectId },
        create: { ...member, ...columns },
        update: { ...columns, enteredBy: member.enteredBy, removedAt: null },
      })
    },

    async limitMember(tx: Transaction, objectId: string, limits: TenantLimits): Promise<void> {
      await tx.staffMember.updateMany({ where: { objectId }, data: toLimitColumns(limits) })
    },

    /** @returns false when they were removed already */
    async removeMember(tx: Transaction, objectId: string, at: Date): Promise<boolean> {
      const { count } = await tx.staffMember.updateMany({
        where: { objectId, removedAt: null },
        data: { removedAt: at },
      })
      return count === 1
    },

    transaction: <T>(work: (tx: Transaction) => Promise<T>): Promise<T> => db.$transaction(work),

    isWithin: (inner: TenantLimits, outer: TenantLimits): Promise<boolean> => isWithin(db, inner, outer),
  }
}
