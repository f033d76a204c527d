import type { Audit } from '../audit/audit.ts'
import { AppError } from '../errors.ts'
import type { Database } from '../platform/database/index.ts'
import { isGuid } from '../platform/guid.ts'
import { pageLimit, readNumberCursor } from '../platform/paging.ts'
import { storableText } from '../platform/storable.ts'
import type { Actor } from './actor.ts'
import { readTenantChange } from './change.ts'
import { readListCursor, writeListCursor } from './list/list-cursor.ts'
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
} from './list/list-store.ts'
import { requireAct } from './permissions.ts'
import {
  addTenantEvent,
  findTenant,
  findTenantEvents,
  purgeTenant,
  type ShownStatus,
  type TenantRecord,
  updateTenant,
} from './store.ts'
import { readTags } from './tags.ts'

export type TenantSummary = {
  total: number
  byStatus: Record<ShownStatus, number>
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
  /**
   * Renames a tenant, sets its tags, or both. What is left out stays.
   *
   * @throws AppError `forbidden`, `not_found`, `invalid` with `details.fields` (a name or a tag that cannot be, or
   *   tags that would hide the tenant from the actor)
   */
  change(
    actor: Actor,
    tenantId: string,
    change: { name?: string | undefined; tags?: readonly string[] | undefined },
  ): Promise<TenantRecord>
  /**
   * Adds and removes tags of several tenants, each for itself.
   *
   * @returns how many were changed, and why others were not
   * @throws AppError `forbidden`, `invalid` for a word that cannot be a tag
   */
  changeTags(
    actor: Actor,
    tenantIds: readonly string[],
    change: { add?: readonly string[]; remove?: readonly string[] },
  ): Promise<{ changed: number; refused: { tenantId: string; error: AppError }[] }>
  /** Offboards: tokens dropped, the customer's data purged, the audit kept. @throws AppError `forbidden`, `not_found` */
  remove(actor: Actor, tenantId: string): Promise<void>
}

export function createTenants({
  db,
  audit,
  forgetTenant,
  now = () => new Date(),
}: {
  db: Database
  audit: Audit
  /** Forgets every cached token of the tenant. */
  forgetTenant: (tenantId: string) => void | Promise<void>
  now?: () => Date
}): Tenants {
  async function get(actor: Actor, tenantId: string): Promise<TenantRecord> {
    const tenant = isGuid(tenantId) ? await findTenant(db, tenantId.toLowerCase(), actor) : null
    if (!tenant) {
      throw new AppError('not_found', 'there is no such tenant', {
        remedy: 'Look it up in the list of tenants; it may have been offboarded.',
      })
    }
    return tenant
  }

  async function change(
    actor: Actor,
    tenantId: string,
    wanted: { name?: string | undefined; tags?: readonly string[] | undefined },
  ): Promise<TenantRecord> {
    requireAct(actor, 'tenant.write')
    const tenant = await get(actor, tenantId)
    const { name, tags } = readTenantChange(actor, tenant, wanted)
    await db.$transaction(async tx => {
      await updateTenant(tx, tenant.id, { name, tags })
      const about = { actor, tenantId: tenant.id, tenantName: storableText(name) }
      const at = now()
      if (name !== tenant.name) {
        const detail = { from: tenant.name, to: name }
        const data = { ...detail, by: actor.label }
        await addTenantEvent(tx, tenant.id, { type: 'renamed', detail: name, data, at })
        await audit.record({ ...about, action: 'tenant.renamed', detail }, tx)
      }
      if (tags.join('\n') !== tenant.tags.join('\n')) {
        const detail = { from: tenant.tags, to: tags }
        const data = { ...detail, by: actor.label }
        const words = tags.join(', ') || 'no tags'
        await addTenantEvent(tx, tenant.id, { type: 'tags_changed', detail: words, data, at })
        await audit.record({ ...about, action: 'tenant.tags_changed', detail }, tx)
      }
    })
    return get(actor, tenant.id)
  }

  return {
    get,

    async list(actor, filters = {}, page = {}) {
      const sort = page.sort ?? 'name'
      const limit = pageLimit(page.limit)
      const after = readListCursor(page.cursor, sort)
      const { tenants, next } = await findTenantPage(db, actor, filters, sort, after, limit)
      return { items: tenants, nextCursor: next ? writeListCursor(next) : null }
    },

    count: (actor, filters = {}) => countTenants(db, actor, filters),

    async summarize(actor) {
      const [statuses, byError, byMissingRole, byTag] = await Promise.all([
        countByStatus(db, actor),
        countByError(db, actor),
        countByMissingRole(db, actor),
        countByTag(db, actor),
      ])
      const byStatus = { verifying: 0, connected: 0, degraded: 0, disconnected: 0, suspended: 0 }
      for (const { value, count } of statuses) byStatus[value as ShownStatus] = count
      const total = statuses.reduce((sum, { count }) => sum + count, 0)
      return { total, byStatus, byError, byMissingRole, byTag }
    },

    async timeline(actor, tenantId, page = {}) {
      const tenant = await get(actor, tenantId)
      const limit = pageLimit(page.limit)
      const events = await findTenantEvents(db, tenant.id, readNumberCursor(page.cursor), limit + 1)
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

    change,

    async changeTags(actor, tenantIds, { add = [], remove = [] }) {
      requireAct(actor, 'tenant.write')
      const [added, removed] = [readTags(add), readTags(remove)]
      const refused: { tenantId: string; error: AppError }[] = []
      let changed = 0
      for (const tenantId of tenantIds) {
        try {
          const { tags } = await get(actor, tenantId)
          const wanted = readTags([...tags.filter(tag => !removed.includes(tag)), ...added])
          if (wanted.join('\n') === tags.join('\n')) continue
          await change(actor, tenantId, { tags: wanted })
          changed += 1
        } catch (error) {
          if (!(error instanceof AppError)) throw error
          refused.push({ tenantId, error })
        }
      }
      return { changed, refused }
    },

    async remove(actor, tenantId) {
      requireAct(actor, 'tenant.offboard')
      const tenant = await get(actor, tenantId)
      await forgetTenant(tenant.id)
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
      await forgetTenant(tenant.id)
    },
  }
}
