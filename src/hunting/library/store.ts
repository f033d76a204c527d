import { storableText } from '../../audit/storable.ts'
import type { Transaction } from '../../audit/store.ts'
import type { Database } from '../../database/index.ts'
import type { Prisma } from '../../generated/prisma/client.ts'
import type { QueryDraft, QueryFilters } from './model.ts'

export type QueryRecord = Prisma.SavedQueryGetPayload<object>
export type VersionRecord = Prisma.SavedQueryVersionGetPayload<object>
export type Author = { id: string; label: string }
type Connection = Database | Transaction

export function findQuery(db: Connection, id: string): Promise<QueryRecord | null> {
  return db.savedQuery.findUnique({ where: { id } })
}

/** By whole name in any case, or by the slug of one that came with Tenantry. */
export function findNamed(db: Database, text: string): Promise<QueryRecord | null> {
  // A slug has no spaces and names of queries do: should both fit, the slug is meant.
  return db.savedQuery.findFirst({
    where: { OR: [{ builtIn: text.toLowerCase() }, { nameKey: nameKeyOf(text) }] },
    orderBy: { builtIn: { sort: 'asc', nulls: 'last' } },
  })
}

/** By name, from the one after `after` on. */
export async function findQueries(
  db: Database,
  filters: QueryFilters,
  after: string | null,
  limit: number,
): Promise<QueryRecord[]> {
  return db.savedQuery.findMany({
    where: { AND: [await conditions(db, filters), after === null ? {} : { nameKey: { gt: after } }] },
    orderBy: { nameKey: 'asc' },
    take: limit,
  })
}

export async function countQueries(db: Database, filters: QueryFilters): Promise<number> {
  return db.savedQuery.count({ where: await conditions(db, filters) })
}

async function conditions(
  db: Database,
  { search, tactic, tag, builtIn }: QueryFilters,
): Promise<Prisma.SavedQueryWhereInput> {
  const contains = storableText(search?.trim() ?? '', 200)
  const like = { contains: contains.replace(/[\\%_]/g, '\\$&'), mode: 'insensitive' } as const
  return {
    ...(tactic && { tactic }),
    ...(tag && { tags: { has: tag } }),
    ...(builtIn !== undefined && { builtIn: builtIn ? { not: null } : null }),
    ...(contains && {
      OR: [
        { name: like },
        { builtIn: like },
        { description: like },
        { query: like },
        { techniques: { hasSome: await techniquesLike(db, contains) } },
        { tags: { has: contains.toLowerCase() } },
      ],
    }),
  }
}

/** `t1059` means its sub-techniques too. SQL, as Prisma compares whole members of a list only. */
async function techniquesLike(db: Database, text: string): Promise<string[]> {
  if (!/^t\d{1,4}(\.\d{0,3})?$/i.test(text)) return []
  const rows = await db.$queryRaw<{ technique: string }[]>`
    SELECT DISTINCT technique FROM "SavedQuery", unnest(techniques) AS technique
    WHERE starts_with(technique, ${text.toUpperCase()})`
  return rows.map(({ technique }) => technique)
}

/** How many queries each tactic and each tag has. */
export async function countByTactic(db: Database): Promise<Map<string, number>> {
  const rows = await db.savedQuery.groupBy({ by: ['tactic'], _count: true })
  return new Map(rows.map(({ tactic, _count }) => [tactic ?? '', _count]))
}

/** Whether another query has this name. */
export async function isNameTaken(tx: Connection, name: string, exceptId: string | null): Promise<boolean> {
  const found = await tx.savedQuery.findUnique({ where: { nameKey: nameKeyOf(name) }, select: { id: true } })
  return found !== null && found.id !== exceptId
}

export async function createQuery(
  tx: Transaction,
  draft: QueryDraft,
  author: Author,
  builtIn: string | null = null,
): Promise<QueryRecord> {
  const { id: ownerId, label: owner } = author
  const made = await tx.savedQuery.create({
    data: { ...draft, nameKey: nameKeyOf(draft.name), ownerId, owner, builtIn },
  })
  await addVersion(tx, made, author)
  return made
}

/** @returns null when it is no longer of the expected version */
export async function changeQuery(
  tx: Transaction,
  id: string,
  draft: QueryDraft,
  author: Author,
  expectedVersion: number,
): Promise<QueryRecord | null> {
  const { count } = await tx.savedQuery.updateMany({
    where: { id, version: expectedVersion },
    data: { ...draft, nameKey: nameKeyOf(draft.name), version: expectedVersion + 1 },
  })
  if (count !== 1) return null
  const changed = await tx.savedQuery.findUniqueOrThrow({ where: { id } })
  await addVersion(tx, changed, author)
  return changed
}

async function addVersion(tx: Transaction, query: QueryRecord, author: Author): Promise<void> {
  const { id: queryId, version, name, description, tactic, techniques, tags, query: text } = query
  await tx.savedQueryVersion.create({
    data: {
      queryId,
      version,
      name,
      description,
      tactic,
      techniques,
      tags,
      query: text,
      changedById: author.id,
      changedBy: author.label,
    },
  })
}

export async function deleteQuery(tx: Transaction, id: string): Promise<boolean> {
  const { count } = await tx.savedQuery.deleteMany({ where: { id } })
  return count === 1
}

export async function schedulesOf(db: Connection, queryId: string): Promise<{ id: string; name: string }[]> {
  return db.schedule.findMany({ where: { queryId }, select: { id: true, name: true } })
}

/** Newest first. */
export function findVersions(db: Database, queryId: string): Promise<VersionRecord[]> {
  return db.savedQueryVersion.findMany({ where: { queryId }, orderBy: { version: 'desc' } })
}

export function findVersion(db: Connection, queryId: string, version: number): Promise<VersionRecord | null> {
  return db.savedQueryVersion.findUnique({ where: { queryId_version: { queryId, version } } })
}

export function findBuiltIn(db: Connection): Promise<QueryRecord[]> {
  return db.savedQuery.findMany({ where: { builtIn: { not: null } } })
}

/** What is no longer part of the starting set stays, as a query like any other. */
export async function releaseBuiltIn(tx: Transaction, ids: string[]): Promise<void> {
  await tx.savedQuery.updateMany({ where: { id: { in: ids } }, data: { builtIn: null } })
}

/** One process at a time brings the starting set up to date. SQL, because Prisma has no advisory locks. */
export async function lockLibrary(tx: Transaction): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('tenantry.library'))`
}

function nameKeyOf(name: string): string {
  return name.trim().toLowerCase()
}
