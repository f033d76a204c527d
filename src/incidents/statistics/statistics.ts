import type { Database } from '../../platform/database/index.ts'
import { createLargeReads } from '../../platform/limits/large-reads.ts'
import type { Actor } from '../../tenants/actor.ts'
import { requireAct } from '../../tenants/permissions.ts'
import { type IncidentFilters, openStatuses } from '../model.ts'
import { countTotal } from '../queue/count-store.ts'
import { findScope, scopeKey, type TenantScope } from '../queue/filter-store.ts'
import {
  type DayCount,
  findDayCounts,
  findOldestUnassigned,
  findResponseTimes,
  findTenantResponseTimes,
  type ResponseTimes,
  type TenantResponseTimes,
} from './statistics-store.ts'

const dayMs = 86_400_000

/** What the dashboard says of incidents, over the tenants that somebody may see. */
export type IncidentStatistics = {
  open: number
  unassignedHigh: number
  mine: number
  /** When the oldest open incident that nobody is assigned to was created. */
  oldestUnassignedAt: Date | null
  /** Of the last `days`, today included; days without incidents are absent. */
  byDay: DayCount[]
  responseTimes: ResponseTimes
  /** Slowest to acknowledge first, at most ten. */
  slowest: TenantResponseTimes[]
  days: number
}

type History = Pick<IncidentStatistics, 'oldestUnassignedAt' | 'byDay' | 'responseTimes' | 'slowest'>

/** Different sets of tenants whose history is kept. */
const mostScopes = 200
/** Figures of fewer incidents are read each time. */
const isLarge = (incidents: number) => incidents >= 2_000

/**
 * Makes the reader of these figures; `now` decides where the span of days ends.
 * Of thousands of incidents the figures may be up to a minute old.
 */
export function createIncidentStatistics({ db, now = () => new Date() }: { db: Database; now?: () => Date }) {
  const histories = createLargeReads<History>(mostScopes, ({ byDay }) =>
    isLarge(byDay.reduce((sum, { count }) => sum + count, 0)),
  )
  const totals = createLargeReads<number>(3 * mostScopes, isLarge)

  async function readHistory(scope: TenantScope, since: Date): Promise<History> {
    const [oldestUnassignedAt, byDay, responseTimes, slowest] = await Promise.all([
      findOldestUnassigned(db, scope),
      findDayCounts(db, scope, since),
      findResponseTimes(db, scope, since),
      findTenantResponseTimes(db, scope, since, 10),
    ])
    return { oldestUnassignedAt, byDay, responseTimes, slowest }
  }

  return {
    /** @throws AppError `forbidden` */
    async read(actor: Actor, days = 30): Promise<IncidentStatistics> {
      requireAct(actor, 'incident.read')
      const scope = await findScope(db, actor, {})
      const today = Math.floor(now().getTime() / dayMs) * dayMs
      const since = new Date(today - (days - 1) * dayMs)
      const about = scopeKey(scope)
      const count = (filters: Pick<IncidentFilters, 'severities' | 'assignedTo'>) =>
        totals.get(`${JSON.stringify(filters)} ${about}`, () =>
          countTotal(db, scope, { ...filters, statuses: openStatuses }),
        )
      const [open, unassignedHigh, mine, history] = await Promise.all([
        count({}),
        count({ severities: ['high'], assignedTo: null }),
        count({ assignedTo: actor.label }),
        histories.get(`${since.toISOString()} ${about}`, () => readHistory(scope, since)),
      ])
      return { open, unassignedHigh, mine, ...history, days }
    },
  }
}

export type IncidentStatisticsReader = ReturnType<typeof createIncidentStatistics>
