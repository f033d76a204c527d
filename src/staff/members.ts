import { z } from 'zod'
import type { Audit } from '../audit/audit.ts'
import { AppError } from '../errors.ts'
import { isGuid } from '../platform/guid.ts'
import { storableText } from '../platform/storable.ts'
import type { Actor, RequestOrigin, StaffRole } from '../tenants/actor.ts'
import { limitsKey, limitsOf, type TenantLimits } from '../tenants/limits.ts'
import { requireAct } from '../tenants/permissions.ts'
import type { Actors } from './actors.ts'
import { requireHeld } from './delegation.ts'
import { readRoles } from './roles.ts'
import type { SessionRows } from './sessions/store.ts'
import type { SignedInStaff } from './sign-in.ts'
import type { MemberRow, StaffStore } from './store.ts'

/** What somebody sees who signs in for the first time, and whom nobody entered before. */
export type NewStaff = 'all' | 'none'

export type MemberView = {
  objectId: string
  username: string
  name: string
  roles: StaffRole[]
  tenants: TenantLimits
  /** Null until the first sign-in. */
  lastSignInAt: string | null
  enteredBy: string | null
  removedAt: string | null
}

const username = z
  .string()
  .trim()
  .min(3)
  .max(200)
  .regex(/^[^\s@]+@[^\s@]+$/)

/** Staff as they signed in last or were entered, and what each may see. */
export function createMembers({
  store,
  sessionRows,
  actors,
  audit,
  newStaff = 'all',
  now = () => new Date(),
}: {
  store: StaffStore
  sessionRows: Pick<SessionRows, 'removeOf'>
  actors: Actors
  audit: Audit
  newStaff?: NewStaff
  now?: () => Date
}) {
  /** Who is limited knows the staff that see no more, and themselves. */
  async function isKnownTo(actor: Actor, row: MemberRow): Promise<boolean> {
    return row.objectId === actor.id || (await store.isWithin(limitsOf(row), actor.tenants))
  }

  /** @throws AppError `forbidden`, `not_found` also for whoever sees tenants beyond the actor's */
  async function require(actor: Actor, objectId: string): Promise<MemberRow> {
    requireAct(actor, 'staff.manage')
    const row = isGuid(objectId) ? await store.member(objectId.toLowerCase()) : null
    if (row && (await isKnownTo(actor, row))) return row
    throw new AppError('not_found', 'there is no member of staff with that id', {
      remedy: 'Look it up in the list of staff, or enter the person there.',
    })
  }

  return {
    /**
     * Remembers a sign-in and records it.
     *
     * @returns what the person may do and see now; null when they may do nothing
     */
    async signedIn(staff: SignedInStaff, from?: RequestOrigin): Promise<Actor | null> {
      const limits: TenantLimits = newStaff === 'all' ? 'all' : { tags: [], ids: [] }
      const row = await store.rememberSignIn(staff, limits, now())
      const actor: Actor = { ...actors.ofMember(row), ...(from ? { from } : {}) }
      const mayCome = actor.role !== null && row.removedAt === null
      await audit.record({
        actor,
        action: 'staff.signed-in',
        result: mayCome ? 'ok' : 'refused',
        detail: { roles: readRoles(row.roles), ...(row.removedAt ? { reason: 'was removed' } : {}) },
      })
      return mayCome ? actor : null
    },

    async list(actor: Actor): Promise<MemberView[]> {
      requireAct(actor, 'staff.manage')
      const known: MemberRow[] = []
      for (const row of await store.members()) if (await isKnownTo(actor, row)) known.push(row)
      return known.map(toView)
    },

    /** @throws AppError `forbidden`, `not_found` */
    async get(actor: Actor, objectId: string): Promise<MemberView> {
      return toView(await require(actor, objectId))
    },

    /**
     * What somebody sees from now on, in every session that they have.
     *
     * @throws AppError `forbidden` also for limits beyond the actor's own, `not_found`
     */
    async limit(actor: Actor, objectId: string, limits: TenantLimits): Promise<MemberView> {
      const row = await require(actor, objectId)
      await requireHeld(store.isWithin, actor, { tenants: limits })
      const before = limitsOf(row)
      if (limitsKey(before) !== limitsKey(limits)) {
        await store.transaction(async tx => {
          await store.limitMember(tx, row.objectId, limits)
          const detail = { username: row.username, from: before, to: limits }
          await audit.record({ actor, action: 'staff.limited', target: row.objectId, detail }, tx)
        })
      }
      return toView({ ...row, ...(await store.member(row.objectId)) })
    },

    /**
     * Enters somebody before their first sign-in, or lets somebody who was
     * removed come back. Their role comes from Entra when they sign in.
     *
     * @throws AppError `forbidden`, `invalid`, `conflict` for somebody who is there
     */
    async enter(
      actor: Actor,
      person: { objectId: string; username: string; tenants: TenantLimits },
    ): Promise<MemberView> {
      requireAct(actor, 'staff.manage')
      const fields = readPerson(person)
      await requireHeld(store.isWithin, actor, { tenants: person.tenants })
      const known = await store.member(fields.objectId)
      // Somebody beyond the actor's tenants is not told to be there, and not changed.
      if (known && (known.removedAt === null || !(await isKnownTo(actor, known)))) {
        throw new AppError('conflict', 'this person cannot be entered', {
          remedy: 'Look for them in the list of staff; or ask an administrator who sees every tenant.',
        })
      }
      await store.transaction(async tx => {
        const member = { ...fields, name: known?.name ?? fields.username, enteredBy: actor.label }
        await store.enter(tx, member, person.tenants)
        const detail = { username: fields.username, tenants: person.tenants }
        await audit.record({ actor, action: 'staff.entered', target: fields.objectId, detail }, tx)
      })
      return toView(await require(actor, fields.objectId))
    },

    /**
     * Somebody who left: their sessions end, their keys, schedules and rules
     * stop, and no sign-in lets them back.
     *
     * @throws AppError `forbidden`, `not_found`, `conflict` for oneself
     */
    async remove(actor: Actor, objectId: string): Promise<void> {
      const row = await require(actor, objectId)
      if (row.objectId === actor.id) {
        throw new AppError('conflict', 'nobody removes themselves', {
          remedy: 'Ask another administrator.',
        })
      }
      await store.transaction(async tx => {
        if (!(await store.removeMember(tx, row.objectId, now())))
          throw new AppError('conflict', 'this person was removed already')
        await sessionRows.removeOf(tx, row.objectId)
        const detail = { username: row.username }
        await audit.record({ actor, action: 'staff.removed', target: row.objectId, detail }, tx)
      })
    },

    require,
  }
}

export type Members = ReturnType<typeof createMembers>

/** Who is entered, as it is kept. @throws AppError `invalid` with `details.fields` */
export function readPerson(person: { objectId: string; username: string }): {
  objectId: string
  username: string
} {
  const fields: Record<string, string> = {}
  const objectId = person.objectId.trim().toLowerCase()
  if (!isGuid(objectId)) fields.objectId = 'Write the object id of the user, a GUID, as Entra shows it'
  const read = username.safeParse(storableText(person.username, 200))
  if (!read.success) fields.username = 'Write the user name, such as ada@partner.example'
  if (read.success && Object.keys(fields).length === 0) return { objectId, username: read.data }
  throw new AppError('invalid', Object.values(fields).join('. '), { details: { fields } })
}

function toView(row: MemberRow): MemberView {
  return {
    objectId: row.objectId,
    username: row.username,
    name: row.name,
    roles: readRoles(row.roles),
    tenants: limitsOf(row),
    lastSignInAt: row.lastSignInAt?.toISOString() ?? null,
    enteredBy: row.enteredBy,
    removedAt: row.removedAt?.toISOString() ?? null,
  }
}
