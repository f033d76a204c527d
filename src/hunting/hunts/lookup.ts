import { AppError } from '../../errors.ts'
import type { Database } from '../../platform/database/index.ts'
import { isGuid } from '../../platform/guid.ts'
import { type PageRequest, pageLimit, readIdCursor } from '../../platform/paging.ts'
import type { Actor } from '../../tenants/actor.ts'
import type { Coverage } from '../results/export/coverage.ts'
import type { HuntChannel } from './channel.ts'
import { coverageOf } from './coverage.ts'
import { countOutcomes } from './coverage-store.ts'
import type { AwaitedTenant, HuntSummary, HuntView } from './model.ts'
import {
  countTasks,
  databaseTime,
  findAwaited,
  findHunt,
  findHunts,
  findTasks,
  type HuntRow,
} from './store.ts'
import { toAwaitedTenant, toHuntSummary, toHuntTask } from './view.ts'
import { type HuntProgress, watchHunt } from './watch.ts'

/** How hunts stand, over the tenants that the actor may see. */
export type HuntLookup = {
  /** @throws AppError `not_found`, also for a hunt that asked no tenant the actor may see */
  get(actor: Actor, id: string): Promise<HuntView>
  /** Without its tenants; for progress. @throws AppError `not_found` */
  summary(actor: Actor, id: string): Promise<HuntSummary>
  /** Newest first; `limit` 1–200. @throws AppError `invalid` for a bad cursor */
  list(
    actor: Actor,
    filters?: { search?: string; createdById?: string },
    page?: PageRequest,
  ): Promise<{ items: HuntSummary[]; nextCursor: string | null }>
  /**
   * Tenants whose answer is still missing, those that were asked longest ago
   * first.
   *
   * @throws AppError `not_found`
   */
  awaited(actor: Actor, id: string, limit: number): Promise<AwaitedTenant[]>
  /** Who was asked and who answered. @throws AppError `not_found` */
  coverage(actor: Actor, id: string): Promise<Coverage>
  /**
   * Follows a hunt to its end, at most four events a second. The first event
   * has all tenants, later ones those that changed.
   *
   * @throws AppError `not_found` at the first step
   */
  watch(actor: Actor, id: string, signal: AbortSignal): AsyncGenerator<HuntProgress>
}

export function createHuntLookup({ db, channel }: { db: Database; channel: HuntChannel }): HuntLookup {
  async function summary(actor: Actor, id: string): Promise<HuntSummary> {
    const hunt = await findVisible(db, actor, id)
    return toHuntSummary(hunt, await countTasks(db, actor, [hunt.id]))
  }

  return {
    summary,

    async get(actor, id) {
      const hunt = await findVisible(db, actor, id)
      const [counted, tasks] = await Promise.all([
        countTasks(db, actor, [hunt.id]),
        findTasks(db, actor, hunt.id),
      ])
      return { ...toHuntSummary(hunt, counted), tenants: tasks.map(toHuntTask) }
    },

    async list(actor, filters = {}, page = {}) {
      const limit = pageLimit(page.limit)
      const found = await findHunts(db, actor, filters, readIdCursor(page.cursor), limit + 1)
      const hunts = found.slice(0, limit)
      const ids = hunts.map(({ id }) => id)
      const counted = ids.length > 0 ? await countTasks(db, actor, ids) : []
      return {
        items: hunts.map(hunt => toHuntSummary(hunt, counted)),
        nextCursor: found.length > limit ? (ids.at(-1) ?? null) : null,
      }
    },

    async coverage(actor, id) {
      const hunt = await findVisible(db, actor, id)
      return coverageOf(await countOutcomes(db, actor, hunt.id))
    },

    async awaited(actor, id, limit) {
      const hunt = await findVisible(db, actor, id)
      return (await findAwaited(db, actor, hunt.id, limit)).map(toAwaitedTenant)
    },

    async *watch(actor, id, signal) {
      const hunt = await findVisible(db, actor, id)
      const tenants = async (since: Date | null) => {
        const at = await databaseTime(db)
        // A second back: what commits late bears an earlier time.
        const tasks = await findTasks(db, actor, hunt.id, since && new Date(since.getTime() - 1000))
        return { tenants: tasks.map(toHuntTask), at }
      }
      yield* watchHunt({ channel, summary: () => summary(actor, id), tenants }, hunt.id, signal)
    },
  }
}

/** @throws AppError `not_found`, also for somebody else's hunt that asked no tenant the actor may see; see `huntVisible` */
export async function findVisible(db: Database, actor: Actor, id: string): Promise<HuntRow> {
  const hunt = isGuid(id) ? await findHunt(db, actor, id) : null
  if (hunt) return hunt
  throw new AppError('not_found', 'there is no such hunt', {
    remedy: 'Look it up in the list of hunts; results are removed after the time that is set.',
  })
}
