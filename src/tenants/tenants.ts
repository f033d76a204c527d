import type { Audit } from '../audit/audit.ts'
import { storableText } from '../audit/storable.ts'
import type { Database } from '../database/index.ts'
import { AppError } from '../errors.ts'
import { type Actor, requireAct, sees } from './actor.ts'
import { readCursor, writeCursor } from './cursor.ts'
import {
  type Count,
  countByError,
  countByMissingRole,
  countByStatus,
  countByTag,
  countTenants,
  type ErrorCount,
  findTenantPage,
  type TenantFilters,
  type TenantSort,
} from './list-store.ts'
import {
  addTenantEvent,
  findTenant,
  findTenantEvents,
  purgeTenant,
  type TenantRecord,
  type TenantStatus,
  updateTenant,
} from './store.ts'
import { readTags } from './tags.ts'

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

export type TenantSummary = {
  total: number
  byStatus: Record<TenantStatus, number>
  /** Tenants by what went wrong last, most first. */
  byError: ErrorCount[]
  byMissingRole: Count[]
  byTag: Count[]
}

export type TenantEventView = { id: string; at: string; type: string; detail: string | null; data: unknown }

export type Tenants = {
  /**
   * @param page `limit` 1–200, default 50
   * @returns records in order; `toTenantView` gives the answer's shape
   * @throws AppError `invalid` for a cursor of another list
   */
  list(
    actor: Actor,
    filters?: TenantFilters,
    page?: { sort?: TenantSort; limit?: number; cursor?: string | null },
  ): Promise<{ items: TenantRecord[]; nextCursor: string | null }>
  count(actor: Actor, filters?: TenantFilters): Promise<number>
  /** @throws AppError `not_found`, also for a tenant the actor may not see */
  get(actor: Actor, tenantId: string): Promise<TenantRecord>
  /** Counts for the dashboard, over what the actor may see. */
  summarize(actor: Actor): Promise<TenantSummary>
  /** Newest first. */
  timeline(
    actor: Actor,
    tenantId: string,
    page?: { limit?: number; cursor?: string | null },
  ): Promise<{ items: TenantEventView[]; nextCursor: string | null }>
  /** @throws AppError `forbidden`, `not_found`, `invalid` (a tag that cannot be, or that would hide the tenant from the actor) */
  setTags(actor: Actor, tenantId: string, tags: readonly string[]): Promise<TenantRecord>
  /** Offboards: tokens dropped, the customer's data purged, the audit kept. @throws AppError `forbidden`, `not_found` */
  remove(actor: Actor, tenantId: string): Promise<void>
}

export function createTenants({
  db,
  audit,
  dropTokens,
  now = () => new Date(),
}: {
  db: Database
  audit: Audit
  /** Forgets every cached token of the tenant. */
  dropTokens: (tenantId: string) => void | Promise<void>
  now?: () => Date
}): Tenants {
  async function get(actor: Actor, tenantId: string): Promise<TenantRecord> {
    const tenant = guid.test(tenantId) ? await findTenant(db, tenantId.toLowerCase(), actor) : null
    if (!tenant) {
      throw new AppError('not_found', 'there is no such tenant', {
        remedy: 'Look it up in the list of tenants; it may have been offboarded.',
      })
    }
    return tenant
  }

  return {
    get,

    async list(actor, filters = {}, page = {}) {
      const sort = page.sort ?? 'name'
      const limit = Math.min(Math.max(page.limit ?? 50, 1), 200)
      const after = readCursor(page.cursor, sort)
      const { tenants, next } = await findTenantPage(db, actor, filters, sort, after, limit)
      return { items: tenants, nextCursor: next ? writeCursor(next) : null }
    },

    count: (actor, filters = {}) => countTenants(db, actor, filters),

    async summarize(actor) {
      const [statuses, byError, byMissingRole, byTag] = await Promise.all([
        countByStatus(db, actor),
        countByError(db, actor),
        countByMissingRole(db, actor),
        countByTag(db, actor),
      ])
      const byStatus = { verifying: 0, connected: 0, degraded: 0, disconnected: 0 }
      for (const { value, count } of statuses) byStatus[value as TenantStatus] = count
      const total = statuses.reduce((sum, { count }) => sum + count, 0)
      return { total, byStatus, byError, byMissingRole, byTag }
    },

    async timeline(actor, tenantId, page = {}) {
      const tenant = await get(actor, tenantId)
      const limit = Math.min(Math.max(page.limit ?? 50, 1), 200)
      if (page.cursor && !/^\d{1,18}$/.test(page.cursor)) {
        throw new AppError('invalid', '"cursor" is not one that this list gave')
      }
      const before = page.cursor ? BigInt(page.cursor) : null
      const events = await findTenantEvents(db, tenant.id, before, limit + 1)
      const items = events.slice(0, limit)
      return {
        items: items.map(({ id, at, type, detail, data }) => ({
          id: id.toString(),
          at: at.toISOString(),
          type,
          detail,
          data,
        })),
        nextCursor: events.length > limit ? (items.at(-1)?.id.toString() ?? null) : null,
      }
    },

    async setTags(actor, tenantId, tags) {
      requireAct(actor, 'manage-tenants')
      const tenant = await get(actor, tenantId)
      const wanted = readTags(tags)
      if (!sees(actor, { tags: wanted })) {
        throw new AppError('invalid', 'without one of your own tags you would no longer see this tenant', {
          remedy: `Keep at least one of: ${actor.limitedToTags.join(', ')}.`,
        })
      }
      await db.$transaction(async tx => {
        await updateTenant(tx, tenant.id, { tags: wanted })
        await addTenantEvent(tx, tenant.id, {
          type: 'tags_changed',
          detail: wanted.join(', ') || 'no tags',
          data: { from: tenant.tags, to: wanted, by: actor.label },
          at: now(),
        })
        const detail = { from: tenant.tags, to: wanted }
        await audit.record(
          { actor, action: 'tenant.tags_changed', tenantId: tenant.id, tenantName: tenant.name, detail },
          tx,
        )
      })
      return get(actor, tenant.id)
    },

    async remove(actor, tenantId) {
      requireAct(actor, 'manage-tenants')
      const tenant = await get(actor, tenantId)
      await dropTokens(tenant.id)
      await db.$transaction(async tx => {
        await purgeTenant(tx, tenant.id, tenant.customerId)
        await audit.record(
          {
            actor,
            action: 'tenant.offboarded',
            tenantId: tenant.id,
            tenantName: storableText(tenant.name),
            detail: { domain: tenant.domain, status: tenant.status, rolesGranted: tenant.rolesGranted },
          },
          tx,
        )
      })
      // Again, for a token that was minted while the rows were removed.
      await dropTokens(tenant.id)
    },
  }
}
