import type { Transaction } from '../audit/store.ts'
import { Prisma } from '../generated/prisma/client.ts'
import type { Database } from '../platform/database/index.ts'
import { type Actor, visibleTo } from './actor.ts'
import type { TenantLimits } from './limits.ts'

/** SQL's form of `visibleTo`, as a condition on the tenant `t`. Each part is found by an index of its own. */
export function visibleTenants({ tenants }: Pick<Actor, 'tenants'>): Prisma.Sql {
  if (tenants === 'all') return Prisma.sql`TRUE`
  const parts: Prisma.Sql[] = []
  if (tenants.tags.length > 0) parts.push(Prisma.sql`t.tags && ${[...tenants.tags]}::text[]`)
  if (tenants.ids.length > 0) parts.push(Prisma.sql`t.id = ANY(${[...tenants.ids]}::uuid[])`)
  return parts.length > 0 ? Prisma.sql`(${Prisma.join(parts, ' OR ')})` : Prisma.sql`FALSE`
}

/**
 * Whether limits hold no tenant beyond others, now and whatever tags change: a
 * tag is only within the same tag, a tenant of a list within whatever shows it.
 */
export async function isWithin(
  db: Database | Transaction,
  inner: TenantLimits,
  outer: TenantLimits,
): Promise<boolean> {
  if (outer === 'all') return true
  if (inner === 'all' || !inner.tags.every(tag => outer.tags.includes(tag))) return false
  const beyond = inner.ids.filter(id => !outer.ids.includes(id))
  if (beyond.length === 0) return true
  const where = { AND: [visibleTo({ tenants: outer }), { id: { in: beyond } }] }
  return (await db.tenant.count({ where })) === beyond.length
}
