import type { Transaction } from '../../audit/store.ts'
import type { Prisma } from '../../generated/prisma/client.ts'
import type { Database } from '../../platform/database/index.ts'

export type ViewRecord = Prisma.SavedViewGetPayload<object>

/** Own views and those that others share, by name. */
export function findViews(db: Database, actorId: string): Promise<ViewRecord[]> {
  return db.savedView.findMany({
    where: { OR: [{ ownerId: actorId }, { isShared: true }] },
    orderBy: [{ nameKey: 'asc' }, { id: 'asc' }],
  })
}

export function findView(db: Database, id: string): Promise<ViewRecord | null> {
  return db.savedView.findUnique({ where: { id } })
}

export function findOwnNamed(
  db: Database | Transaction,
  ownerId: string,
  name: string,
): Promise<ViewRecord | null> {
  return db.savedView.findUnique({ where: { ownerId_nameKey: { ownerId, nameKey: nameKeyOf(name) } } })
}

export function countOwn(db: Database, ownerId: string): Promise<number> {
  return db.savedView.count({ where: { ownerId } })
}

/** Makes a view, or gives the owner's one of that name another address. */
export function putView(
  tx: Transaction,
  {
    owner,
    name,
    query,
    isShared,
  }: { owner: { id: string; label: string }; name: string; query: string; isShared: boolean },
): Promise<ViewRecord> {
  const key = { ownerId: owner.id, nameKey: nameKeyOf(name) }
  return tx.savedView.upsert({
    where: { ownerId_nameKey: key },
    create: { ...key, owner: owner.label, name, query, isShared },
    update: { name, query, isShared },
  })
}

/** @returns false when it is gone */
export async function changeView(
  tx: Transaction,
  id: string,
  change: { name?: string; isShared?: boolean },
): Promise<boolean> {
  const nameKey = change.name === undefined ? {} : { nameKey: nameKeyOf(change.name) }
  const { count } = await tx.savedView.updateMany({ where: { id }, data: { ...change, ...nameKey } })
  return count === 1
}

export async function deleteView(tx: Transaction, id: string): Promise<boolean> {
  const { count } = await tx.savedView.deleteMany({ where: { id } })
  return count === 1
}

export function findPreference(
  db: Database,
  actorId: string,
): Promise<{ defaultViewId: string | null; columns: string[] } | null> {
  return db.queuePreference.findUnique({
    where: { actorId },
    select: { defaultViewId: true, columns: true },
  })
}

export async function putPreference(
  db: Database,
  actorId: string,
  preference: { defaultViewId?: string | null; columns?: string[] },
): Promise<void> {
  await db.queuePreference.upsert({
    where: { actorId },
    create: { actorId, ...preference },
    update: preference,
  })
}

/** Names of tenants and tags among these that some tenant of the `where` has. */
export async function findSeen(
  db: Database,
  limits: Prisma.TenantWhereInput,
  tenantIds: readonly string[],
  tags: readonly string[],
): Promise<{ tenantIds: Set<string>; tags: Set<string> }> {
  const rows = await db.tenant.findMany({
    where: { AND: [limits, { OR: [{ id: { in: [...tenantIds] } }, { tags: { hasSome: [...tags] } }] }] },
    select: { id: true, tags: true },
  })
  return {
    tenantIds: new Set(rows.map(({ id }) => id)),
    tags: new Set(rows.flatMap(row => row.tags)),
  }
}

function nameKeyOf(name: string): string {
  return name.trim().toLowerCase()
}
