import type { Database } from '../database/index.ts'
import { type AuditEvent, Prisma } from '../generated/prisma/client.ts'
import type { Actor } from '../tenants/actor.ts'

/** A transaction under way; what is written through it commits or vanishes together. */
export type Transaction = Prisma.TransactionClient
export type AuditRow = AuditEvent
export type NewAuditRow = Prisma.AuditEventCreateManyInput

const headKey = 'audit.head'

/**
 * Writers queue here until the transaction ends, so that ids and hashes follow
 * one another without a gap. SQL, because Prisma has no advisory locks.
 */
export async function lockChain(tx: Transaction): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('tenantry.audit'))`
}

export function lastRow(tx: Transaction | Database): Promise<AuditRow | null> {
  return tx.auditEvent.findFirst({ orderBy: { id: 'desc' } })
}

export async function appendRow(tx: Transaction, row: NewAuditRow, seal: string): Promise<void> {
  await tx.auditEvent.create({ data: row })
  const value = { id: row.id.toString(), hash: row.hash, seal }
  await tx.setting.upsert({
    where: { key: headKey },
    create: { key: headKey, value },
    update: { value },
  })
}

export async function readHead(tx: Transaction | Database): Promise<unknown> {
  const setting = await tx.setting.findUnique({ where: { key: headKey } })
  return setting?.value ?? null
}

export function rowsAfter(db: Transaction | Database, id: bigint, limit: number): Promise<AuditRow[]> {
  return db.auditEvent.findMany({ where: { id: { gt: id } }, orderBy: { id: 'asc' }, take: limit })
}

export type AuditFilters = {
  tenantId?: string
  action?: string
  actorId?: string
  result?: string
  since?: Date
  until?: Date
  search?: string
}

/**
 * Newest first. SQL, because the rows have no foreign key to the tenants whose
 * tags decide what a limited actor sees; an actor always sees its own doings.
 */
export function findRows(
  db: Database,
  actor: Actor,
  filters: AuditFilters,
  before: bigint | null,
  limit: number,
): Promise<AuditRow[]> {
  const conditions: Prisma.Sql[] = [Prisma.sql`TRUE`]
  if (before !== null) conditions.push(Prisma.sql`e.id < ${before}`)
  if (filters.tenantId) conditions.push(Prisma.sql`e."tenantId" = ${filters.tenantId}::uuid`)
  if (filters.action) conditions.push(Prisma.sql`e.action = ${filters.action}`)
  if (filters.actorId) conditions.push(Prisma.sql`e."actorId" = ${filters.actorId}`)
  if (filters.result) conditions.push(Prisma.sql`e.result = ${filters.result}`)
  if (filters.since) conditions.push(Prisma.sql`e.at >= ${filters.since}`)
  if (filters.until) conditions.push(Prisma.sql`e.at < ${filters.until}`)
  if (filters.search) {
    const pattern = `%${filters.search.replace(/[\\%_]/g, '\\$&')}%`
    conditions.push(
      Prisma.sql`(e."actorLabel" ILIKE ${pattern} OR e."tenantName" ILIKE ${pattern} OR e.target ILIKE ${pattern} OR e.action ILIKE ${pattern})`,
    )
  }
  if (actor.limitedToTags.length > 0) {
    conditions.push(
      Prisma.sql`(e."actorId" = ${actor.id} OR EXISTS (
        SELECT 1 FROM "Tenant" t WHERE t.id = e."tenantId" AND t.tags && ${actor.limitedToTags}::text[]))`,
    )
  }
  return db.$queryRaw<AuditRow[]>`
    SELECT e.* FROM "AuditEvent" e WHERE ${Prisma.join(conditions, ' AND ')} ORDER BY e.id DESC LIMIT ${limit}`
}
