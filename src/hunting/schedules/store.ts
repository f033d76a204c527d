import type { Transaction } from '../../audit/store.ts'
import type { Prisma } from '../../generated/prisma/client.ts'
import type { Database } from '../../platform/database/index.ts'
import { type Actor, visibleTo } from '../../tenants/actor.ts'
import type { ScheduleDraft } from './model.ts'
import type { OwnedRow } from './owner.ts'

export type { Transaction } from '../../audit/store.ts'
export type Connection = Database | Transaction

const withQuery = {
  savedQuery: { select: { id: true, name: true, version: true } },
} as const satisfies Prisma.ScheduleInclude

export type ScheduleRecord = Prisma.ScheduleGetPayload<{ include: typeof withQuery }>
export type MuteRecord = Prisma.ScheduleMuteGetPayload<{ include: { tenant: { select: { name: true } } } }>

export function findSchedule(db: Connection, id: string): Promise<ScheduleRecord | null> {
  return db.schedule.findUnique({ where: { id }, include: withQuery })
}

/** Newest first, from the one before `before` on. */
export function findSchedules(db: Database, before: string | null, limit: number): Promise<ScheduleRecord[]> {
  return db.schedule.findMany({
    where: before === null ? {} : { id: { lt: before } },
    orderBy: { id: 'desc' },
    take: limit,
    include: withQuery,
  })
}

/** Whose whole name it is, in any case; at most ten. */
export function findSchedulesNamed(db: Database, name: string): Promise<{ id: string; name: string }[]> {
  // Without a pattern: Prisma escapes nothing in insensitive comparisons.
  const escaped = name.replace(/[\\%_]/g, '\\$&')
  return db.schedule.findMany({
    where: { name: { equals: escaped, mode: 'insensitive' } },
    select: { id: true, name: true },
    orderBy: { id: 'desc' },
    take: 10,
  })
}

type ScheduleRow = Omit<ScheduleDraft, 'queryVersion' | 'tenants'> & {
  queryVersion: number
  tenants: Prisma.InputJsonValue
  nextRunAt: Date | null
}

/** The columns that follow from a draft and from who decided on it. */
export function scheduleRow(
  draft: ScheduleDraft & { queryVersion: number },
  actor: Actor,
  nextRunAt: Date | null,
): ScheduleRow & OwnedRow {
  const tenants =
    typeof draft.tenants === 'object' && 'tag' in draft.tenants ? { tag: draft.tenants.tag } : draft.tenants
  return {
    ...draft,
    tenants: typeof tenants === 'string' || 'tag' in tenants ? tenants : [...tenants],
    nextRunAt,
    ...ownedBy(actor),
  }
}

function ownedBy({ kind, id, label }: Actor): OwnedRow {
  return { runsAsKind: kind, runsAsId: id, runsAs: label }
}

export async function setOwner(tx: Transaction, id: string, actor: Actor): Promise<void> {
  await tx.schedule.update({ where: { id }, data: ownedBy(actor) })
}

export function createSchedule(
  tx: Transaction,
  data: ReturnType<typeof scheduleRow>,
  actor: Actor,
): Promise<ScheduleRecord> {
  return tx.schedule.create({
    data: { ...data, createdById: actor.id, createdBy: actor.label },
    include: withQuery,
  })
}

export function updateSchedule(
  tx: Transaction,
  id: string,
  data: ReturnType<typeof scheduleRow>,
): Promise<ScheduleRecord> {
  return tx.schedule.update({ where: { id }, data, include: withQuery })
}

/** Forgets what was seen, so that every tenant's next answer is its first. */
export async function forgetAnswers(tx: Transaction, scheduleId: string): Promise<void> {
  await tx.scheduleSeen.deleteMany({ where: { scheduleId } })
  await tx.scheduleTenant.deleteMany({ where: { scheduleId } })
}

export async function setEnabled(
  tx: Transaction,
  id: string,
  enabled: boolean,
  nextRunAt: Date | null,
): Promise<void> {
  await tx.schedule.update({ where: { id }, data: { enabled, nextRunAt } })
}

export async function deleteSchedule(tx: Transaction, id: string): Promise<boolean> {
  return (await tx.schedule.deleteMany({ where: { id } })).count === 1
}

/** Mutes in force, of tenants that the actor may see, the one that ends first in front. */
export function findMutes(
  db: Connection,
  actor: Actor,
  scheduleIds: string[],
  now: Date,
): Promise<MuteRecord[]> {
  return db.scheduleMute.findMany({
    where: { scheduleId: { in: scheduleIds }, endedAt: null, endsAt: { gt: now }, tenant: visibleTo(actor) },
    include: { tenant: { select: { name: true } } },
    orderBy: { endsAt: 'asc' },
  })
}

/** Tenants whose findings nobody wants to be told of now. */
export async function mutedTenants(db: Connection, scheduleId: string, now: Date): Promise<Set<string>> {
  const rows = await db.scheduleMute.findMany({
    where: { scheduleId, endedAt: null, endsAt: { gt: now } },
    select: { tenantId: true },
  })
  return new Set(rows.map(({ tenantId }) => tenantId))
}

export function createMute(
  tx: Transaction,
  mute: {
    scheduleId: string
    tenantId: string
    reason: string
    endsAt: Date
    ownerId: string
    owner: string
  },
): Promise<MuteRecord> {
  return tx.scheduleMute.create({ data: mute, include: { tenant: { select: { name: true } } } })
}

/** A mute in force, of a tenant that the actor may see. */
export function findMute(
  db: Connection,
  actor: Actor,
  scheduleId: string,
  id: string,
  now: Date,
): Promise<MuteRecord | null> {
  return db.scheduleMute.findFirst({
    where: { scheduleId, id, endedAt: null, endsAt: { gt: now }, tenant: visibleTo(actor) },
    include: { tenant: { select: { name: true } } },
  })
}

export async function endMutes(
  tx: Transaction,
  where: { scheduleId: string; tenantId?: string; id?: string },
  actor: Actor,
  now: Date,
): Promise<number> {
  const { count } = await tx.scheduleMute.updateMany({
    where: { ...where, endedAt: null, endsAt: { gt: now }, tenant: visibleTo(actor) },
    data: { endedAt: now, endedBy: actor.label },
  })
  return count
}

export function findVisibleTenant(
  db: Connection,
  actor: Actor,
  id: string,
): Promise<{ id: string; name: string } | null> {
  return db.tenant.findFirst({ where: { id, ...visibleTo(actor) }, select: { id: true, name: true } })
}

/** Those of the ids that the actor may see. */
export async function visibleIds(db: Connection, actor: Actor, ids: readonly string[]): Promise<Set<string>> {
  const rows = await db.tenant.findMany({
    where: { id: { in: [...ids] }, ...visibleTo(actor) },
    select: { id: true },
  })
  return new Set(rows.map(({ id }) => id))
}
