import { type AuditEvent, type AuditSegment, Prisma } from '../generated/prisma/client.ts'
import type { Database } from '../platform/database/index.ts'
import { type Storable, storableText } from '../platform/storable.ts'
import { type Actor, isLimited } from '../tenants/actor.ts'
import { visibleTenants } from '../tenants/visible-store.ts'
import type { CheckState } from './verification/checks.ts'

/** A transaction under way; what is written through it commits or vanishes together. */
export type Transaction = Prisma.TransactionClient
export type AuditRow = AuditEvent
export type { AuditSegment }
/** A row to be, as JSON can say it. */
export type NewAuditRow = Omit<AuditRow, 'at' | 'detail'> & { at: string; detail: Storable }

/** Where the chain ends: as the sealed head says, and as the last row does. */
export type ChainEnd = {
  head: { id: bigint; hash: string; seal: string } | null
  last: { id: bigint; hash: string } | null
}

/**
 * Takes the chain's lock, which writers hold until their transaction ends, and
 * reads where to go on. Functions of the database, since the application's
 * role may not write these tables itself (platform/database/protection).
 */
export async function beginAppend(tx: Transaction): Promise<ChainEnd> {
  const rows = await tx.$queryRaw<
    {
      head_id: bigint | null
      head_hash: string
      head_seal: string
      last_id: bigint | null
      last_hash: string
    }[]
  >`SELECT * FROM tenantry_audit_begin()`
  const [end] = rows
  return {
    head: end?.head_id ? { id: end.head_id, hash: end.head_hash, seal: end.head_seal } : null,
    last: end?.last_id ? { id: end.last_id, hash: end.last_hash } : null,
  }
}

export async function appendRow(tx: Transaction, row: NewAuditRow, seal: string): Promise<void> {
  const event = JSON.stringify({ ...row, id: row.id.toString() })
  await tx.$executeRaw`SELECT tenantry_audit_append(${event}::jsonb, ${seal})`
}

export async function readHead(
  tx: Transaction | Database,
): Promise<{ id: bigint; hash: string; seal: string } | null> {
  const head = await tx.auditHead.findFirst()
  return head ? { id: head.eventId, hash: head.hash, seal: head.seal } : null
}

/** Number of the last event, in the table or in an archive; 0 without any. Not proven: the chain is. */
export async function lastEventId(db: Database): Promise<bigint> {
  const [{ _max: events }, { _max: archived }] = await Promise.all([
    db.auditEvent.aggregate({ _max: { id: true } }),
    db.auditSegment.aggregate({ _max: { lastId: true } }),
  ])
  return events.id ?? archived.lastId ?? 0n
}

/** Hashes by number, of those that are there. */
export async function hashesOf(db: Database, ids: bigint[]): Promise<Map<bigint, string>> {
  if (ids.length === 0) return new Map()
  const rows = await db.auditEvent.findMany({
    where: { id: { in: [...new Set(ids)] } },
    select: { id: true, hash: true },
  })
  return new Map(rows.map(({ id, hash }) => [id, hash]))
}

/** Archives, oldest first. */
export function readSegments(db: Transaction | Database): Promise<AuditSegment[]> {
  return db.auditSegment.findMany({ orderBy: { firstId: 'asc' } })
}

/**
 * Records an archive and removes its events, through the function that alone may.
 *
 * @throws Error when other events than these would go
 */
export async function moveToSegment(tx: Transaction, segment: AuditSegment): Promise<void> {
  const { firstId, lastId } = segment
  const json = JSON.stringify({ ...segment, firstId: firstId.toString(), lastId: lastId.toString() })
  const [row] = await tx.$queryRaw<{ removed: bigint }[]>`
    SELECT tenantry_audit_archive(${json}::jsonb) AS removed`
  if (row?.removed !== lastId - firstId + 1n)
    throw new Error('the archive is not of the events in the database')
}

/** Number of the last event that every target has; null when nothing is forwarded. */
export async function forwardedUntil(db: Database): Promise<bigint | null> {
  const { _min } = await db.auditForward.aggregate({ _min: { lastId: true } })
  return _min.lastId
}

/** How long one process may send before another takes over. */
const leaseMs = 120_000

/**
 * Lets one process at a time forward to a target.
 *
 * @returns the number of the last event that the target has, null when another process is at it
 */
export async function claimForward(db: Database, target: string, now: Date): Promise<bigint | null> {
  const claimedUntil = new Date(now.getTime() + leaseMs)
  await db.auditForward.createMany({ data: [{ target, lastId: 0n }], skipDuplicates: true })
  const [row] = await db.auditForward.updateManyAndReturn({
    where: { target, OR: [{ claimedUntil: null }, { claimedUntil: { lte: now } }] },
    data: { claimedUntil },
  })
  return row?.lastId ?? null
}

/** Notes what the target has now, and lets go of it. */
export async function noteForwarded(db: Database, target: string, lastId: bigint): Promise<void> {
  await db.auditForward.update({ where: { target }, data: { lastId, claimedUntil: null } })
}

/** Forgets targets that are not set any more, which would keep archives from being made. */
export async function keepForwards(db: Database, targets: string[]): Promise<void> {
  await db.auditForward.deleteMany({ where: { target: { notIn: targets } } })
}

/** Whether there is such an event since a time. */
export async function hasEventSince(
  db: Database,
  { since, ...same }: { actorId: string; action: string; address: string; since: Date },
): Promise<boolean> {
  const found = await db.auditEvent.findFirst({
    where: { ...same, at: { gte: since } },
    select: { id: true },
    orderBy: { id: 'desc' },
  })
  return found !== null
}

const checkKey = 'audit.check'

/** How the last verification went, for all processes; null before the first. */
export async function readCheckState(db: Database): Promise<CheckState | null> {
  const setting = await db.setting.findUnique({ where: { key: checkKey } })
  return (setting?.value as CheckState | undefined) ?? null
}

export async function writeCheckState(db: Database, state: CheckState): Promise<void> {
  await db.setting.upsert({
    where: { key: checkKey },
    create: { key: checkKey, value: state },
    update: { value: state },
  })
}

export function rowsAfter(db: Transaction | Database, id: bigint, limit: number): Promise<AuditRow[]> {
  return db.auditEvent.findMany({ where: { id: { gt: id } }, orderBy: { id: 'asc' }, take: limit })
}

export type AuditFilters = {
  tenantId?: string
  action?: string
  /** Object id, key id, or the name as the event has it. */
  actor?: string
  result?: string
  since?: Date
  until?: Date
  /** Beginnings of words of who, what, where and from which address. */
  search?: string
}

/** The newest events that a search by words looks through before it asks the index. */
const newestLooked = 5_000n

/**
 * Newest first. SQL, because the rows have no foreign key to the tenants whose
 * tags decide what a limited actor sees; an actor always sees its own doings.
 *
 * Words that are common fill a page from the newest events; those that are
 * rare are found by the index. Neither reads the whole table.
 */
export async function findRows(
  db: Database,
  actor: Actor,
  filters: AuditFilters,
  before: bigint | null,
  limit: number,
): Promise<AuditRow[]> {
  const conditions = conditionsOf(actor, filters)
  if (before !== null) conditions.push(Prisma.sql`e.id < ${before}`)
  const find = (found: Prisma.Sql[]) => db.$queryRaw<AuditRow[]>`
    SELECT e.* FROM "AuditEvent" e WHERE ${Prisma.join([Prisma.sql`TRUE`, ...found], ' AND ')}
    ORDER BY e.id DESC LIMIT ${limit}`
  const words = filters.search ? wordsQuery(filters.search) : null
  if (words === null) return await find(conditions)
  if (words === '') return []
  const matching = Prisma.sql`${searchedWords} @@ to_tsquery('simple', ${words})`
  const newest = before ?? ((await readHead(db))?.id ?? 0n) + 1n
  const recent = await find([
    ...conditions,
    Prisma.sql`e.id >= ${newest - newestLooked}`,
    // Not by the index: a handful of thousand rows is looked through faster than a long list is sorted.
    Prisma.sql`(${matching}) IS TRUE`,
  ])
  if (recent.length === limit) return recent
  const older = await find([...conditions, Prisma.sql`e.id < ${newest - newestLooked}`, matching])
  return [...recent, ...older].slice(0, limit)
}

/** For events that happen where only the id is at hand; null when the tenant is gone. */
export async function findTenantName(db: Database, id: string): Promise<string | null> {
  return (await db.tenant.findUnique({ where: { id }, select: { name: true } }))?.name ?? null
}

/** As the index "AuditEvent_words_idx" has it: PostgreSQL uses it for the same expression only. */
const searchedWords = Prisma.raw(`to_tsvector('simple', regexp_replace(
  e."actorLabel" || ' ' || e."action" || ' ' || coalesce(e."tenantName", '') || ' ' || coalesce(e."target", '') || ' ' || coalesce(e."address", ''),
  '[^[:alnum:]]+', ' ', 'g'))`)

/** Words of a search as a query for their beginnings, all of which must be there; empty when it has none. */
function wordsQuery(search: string): string {
  const words = storableText(search, 400).match(/[\p{L}\p{N}]+/gu) ?? []
  return words.map(word => `'${word.toLowerCase()}':*`).join(' & ')
}

function conditionsOf(actor: Actor, filters: AuditFilters): Prisma.Sql[] {
  const conditions: Prisma.Sql[] = []
  if (filters.tenantId) conditions.push(Prisma.sql`e."tenantId" = ${filters.tenantId}::uuid`)
  if (filters.action) conditions.push(Prisma.sql`e.action = ${storableText(filters.action, 200)}`)
  if (filters.actor) {
    const wanted = storableText(filters.actor, 400)
    conditions.push(Prisma.sql`(e."actorId" = ${wanted} OR e."actorLabel" = ${wanted})`)
  }
  if (filters.result) conditions.push(Prisma.sql`e.result = ${filters.result}`)
  if (filters.since) conditions.push(Prisma.sql`e.at >= ${filters.since}`)
  if (filters.until) conditions.push(Prisma.sql`e.at < ${filters.until}`)
  if (isLimited(actor)) {
    conditions.push(
      Prisma.sql`(e."actorId" = ${actor.id} OR EXISTS (
        SELECT 1 FROM "Tenant" t WHERE t.id = e."tenantId" AND ${visibleTenants(actor)}))`,
    )
  }
  return conditions
}
