import { AppError } from '../../errors.ts'
import type { Defender } from '../../microsoft/defender/index.ts'
import type { Database } from '../../platform/database/index.ts'
import { createLargeReads } from '../../platform/limits/large-reads.ts'
import { pageLimit } from '../../platform/paging.ts'
import type { Actor } from '../../tenants/actor.ts'
import { requireAct } from '../../tenants/permissions.ts'
import { readIncidentId } from '../incident-id.ts'
import type { IncidentCounts, IncidentDetail, IncidentFilters, IncidentSort, IncidentView } from '../model.ts'
import { findIncident, findIncidentPage, findMergedFrom, findMergedInto } from '../store.ts'
import { toIncidentDetail, toIncidentView } from '../view.ts'
import { countIncidents } from './count-store.ts'
import { type Elsewhere, findElsewhere } from './elsewhere-store.ts'
import { findScope, scopeKey } from './filter-store.ts'
import { readQueueCursor, writeQueueCursor } from './queue-cursor.ts'

/** Incidents of all tenants that somebody may see, from the store. */
export type Queue = {
  /**
   * @param page `limit` 1–200, default 50; `sort` default `-updatedAt`
   * @throws AppError `forbidden`, `invalid` for a cursor of another list
   */
  list(
    actor: Actor,
    filters?: IncidentFilters,
    page?: { sort?: IncidentSort; limit?: number; cursor?: string | null },
  ): Promise<{ items: IncidentView[]; nextCursor: string | null }>
  /**
   * Of thousands of incidents the numbers may be up to a minute old.
   *
   * @param options `withoutOwn`: for each of these facets, its own filter is left out, to show what else could be chosen
   * @throws AppError `forbidden`
   */
  count(actor: Actor, filters?: IncidentFilters, options?: { withoutOwn?: boolean }): Promise<IncidentCounts>
  /** @throws AppError `forbidden`, `not_found`, also for an incident of a tenant that the actor may not see */
  get(actor: Actor, id: string): Promise<IncidentDetail>
  /**
   * Where else the evidence of an incident is seen, in tenants that the actor may see.
   *
   * @throws AppError `forbidden`, `not_found`
   */
  elsewhere(actor: Actor, id: string): Promise<Elsewhere[]>
}

/** Different questions for numbers whose answers are kept. */
const mostCounts = 500
/** Fewer incidents are counted each time. */
const countedAnew = 2_000

export function createQueue({
  db,
  defender,
}: {
  db: Database
  defender: Pick<Defender, 'readStoredAlert'>
}): Queue {
  const kept = createLargeReads<IncidentCounts>(mostCounts, ({ total }) => total >= countedAnew)

  async function countAll(actor: Actor, filters: IncidentFilters): Promise<IncidentCounts> {
    const scope = await findScope(db, actor, filters)
    // A span that ends now is the same for a minute.
    const about = { ...filters, updatedSince: filters.updatedSince?.slice(0, 16) }
    return kept.get(`${scopeKey(scope)} ${JSON.stringify(about)}`, () => countIncidents(db, scope, filters))
  }

  return {
    async list(actor, filters = {}, page = {}) {
      requireAct(actor, 'incident.read')
      const sort = page.sort ?? '-updatedAt'
      const limit = pageLimit(page.limit)
      const after = readQueueCursor(page.cursor, sort)
      const scope = await findScope(db, actor, filters)
      const rows = await findIncidentPage(db, scope, filters, sort, after, limit + 1)
      const items = rows.slice(0, limit)
      const last = rows.length > limit ? items.at(-1) : undefined
      return {
        items: items.map(toIncidentView),
        nextCursor: last
          ? writeQueueCursor({
              sort,
              rank: last.severityRank,
              at: (sort === '-createdAt' ? last.createdAt : last.updatedAt).getTime(),
              tenantId: last.tenantId,
              incidentId: last.incidentId,
            })
          : null,
      }
    },

    async count(actor, filters = {}, { withoutOwn = false } = {}) {
      requireAct(actor, 'incident.read')
      const own = withoutOwn ? facetFilters.filter(([, name]) => filters[name] !== undefined) : []
      const [counts, ...others] = await Promise.all([
        countAll(actor, filters),
        ...own.map(async ([facet, name]) => {
          const { [name]: _, ...rest } = filters
          return { [facet]: (await countAll(actor, rest))[facet] }
        }),
      ])
      return Object.assign({ ...counts }, ...others)
    },

    async elsewhere(actor, id) {
      requireAct(actor, 'incident.read')
      const read = readIncidentId(id)
      const own = read && (await findScope(db, actor, { tenants: [read.tenantId] }))
      if (!read || own?.length !== 1) throw incidentNotFound()
      return findElsewhere(db, await findScope(db, actor, {}), read.tenantId, read.incidentId)
    },

    async get(actor, id) {
      requireAct(actor, 'incident.read')
      const read = readIncidentId(id)
      const record = read && (await findIncident(db, actor, read.tenantId, read.incidentId))
      if (!record) throw incidentNotFound()
      const { tenantId, incidentId } = record
      const [from, into] = await Promise.all([
        findMergedFrom(db, tenantId, incidentId),
        record.redirectTo === null ? null : findMergedInto(db, tenantId, incidentId),
      ])
      return toIncidentDetail(record, { from, into }, defender.readStoredAlert)
    },
  }
}

const facetFilters = [
  ['severity', 'severities'],
  ['status', 'statuses'],
  ['assignedTo', 'assignedTo'],
  ['tenant', 'tenants'],
  ['product', 'product'],
  ['category', 'category'],
  ['technique', 'technique'],
] as const satisfies [keyof IncidentCounts, keyof IncidentFilters][]

export function incidentNotFound(): AppError {
  return new AppError('not_found', 'there is no such incident', {
    remedy: 'An id is the tenant id, a colon and the number of the incident in that tenant.',
  })
}
