import type { Transaction } from '../../audit/store.ts'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Database } from '../../platform/database/index.ts'
import { storableText } from '../../platform/storable.ts'
import type { AnalyzedDraft, QueryFilters } from './model.ts'

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
    ...(tag && { tags: { has: storableText(tag, 200) } }),
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

/** The file that a query came with or was imported from. */
export type Origin = {
  /** As JSON: a column of JSON would put the fields in another order. */
  fileFields?: string
  /** Only of queries that come with Tenantry. */
  builtIn?: string
  fileHash?: string
}

export async function createQuery(
  tx: Transaction,
  draft: AnalyzedDraft,
  author: Author,
  origin: Origin & { id?: string } = {},
): Promise<QueryRecord> {
  const { id: ownerId, label: owner } = author
  const made = await tx.savedQuery.create({
    data: { ...draft, ...origin, nameKey: nameKeyOf(draft.name), ownerId, owner },
  })
  await addVersion(tx, made, author)
  return made
}

/** @returns null when it is no longer of the expected version */
export async function changeQuery(
  tx: Transaction,
  id: string,
  draft: AnalyzedDraft,
  author: Author,
  expectedVersion: number,
  origin: Origin = {},
): Promise<QueryRecord | null> {
  const { count } = await tx.savedQuery.updateMany({
    where: { id, version: expectedVersion },
    data: { ...draft, ...origin, nameKey: nameKeyOf(draft.name), version: expectedVersion + 1 },
  })
  if (count !== 1) return null
  const changed = await tx.savedQuery.findUniqueOrThrow({ where: { id } })
  await addVersion(tx, changed, author)
  return changed
}

async function addVersion(tx: Transaction, query: QueryRecord, author: Author): Promise<void> {
  const { id: queryId, version, name, description, tactic, techniques, tags, query: text } = query
  const { declarations, allowUnknownNames } = query
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
      declarations: declarations ?? [],
      allowUnknownNames,
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

type Analyzed = Pick<AnalyzedDraft, 'declarations' | 'columns' | 'allowUnknownNames'>

/** Texts of all versions that were saved before their analysis was kept. */
export async function findUnanalyzed(
  db: Database,
): Promise<{ queryId: string; version: number; text: string }[]> {
  const rows = await db.savedQueryVersion.findMany({
    where: { declarations: { equals: Prisma.AnyNull } },
    select: { queryId: true, version: true, query: true },
    orderBy: [{ queryId: 'asc' }, { version: 'desc' }],
  })
  return rows.map(({ query: text, ...rest }) => ({ ...rest, text }))
}

export async function keepAnalysis(
  db: Database,
  { queryId, version }: { queryId: string; version: number },
  { declarations, columns, allowUnknownNames }: Analyzed,
): Promise<void> {
  await db.savedQueryVersion.updateMany({
    where: { queryId, version },
    data: { declarations, allowUnknownNames },
  })
  await db.savedQuery.updateMany({
    where: { id: queryId, version },
    data: { declarations, columns, allowUnknownNames },
  })
}

/** Notes which file a query came with, without a new version. */
export async function keepOrigin(tx: Transaction, id: string, origin: Origin): Promise<void> {
  await tx.savedQuery.update({ where: { id }, data: origin })
}

/**
 * Gives a query another id, everywhere. SQL, as Prisma changes no ids; its
 * versions and schedules follow by their foreign keys.
 */
export async function renumberQuery(tx: Transaction, from: string, to: string): Promise<boolean> {
  const count = await tx.$executeRaw`UPDATE "SavedQuery" SET id = ${to}::uuid WHERE id = ${from}::uuid`
  await tx.$executeRaw`UPDATE "Hunt" SET "savedQueryId" = ${to}::uuid WHERE "savedQueryId" = ${from}::uuid`
  return count === 1
}

/** What is no longer part of the starting set stays, as a query like any other. */
export async function releaseBuiltIn(tx: Transaction, ids: string[]): Promise<void> {
  await tx.savedQuery.updateMany({ where: { id: { in: ids } }, data: { builtIn: null, fileHash: null } })
}

/** One process at a time brings the starting set up to date. SQL, because Prisma has no advisory locks. */
export async function lockLibrary(tx: Transaction): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('tenantry.library'))`
}

function nameKeyOf(name: string): string {
  return name.trim().toLowerCase()
}
