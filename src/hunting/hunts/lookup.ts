import type { Database } from '../../database/index.ts'
import { AppError } from '../../errors.ts'
import type { Actor } from '../../tenants/actor.ts'
import type { Ledger } from '../export/ledger.ts'
import type { HuntChannel } from './channel.ts'
import { findVisible, isHuntId } from './find-visible.ts'
import { toLedger } from './ledger.ts'
import type { HuntSummary, HuntView } from './model.ts'
import { countOutcomes, countTasks, databaseTime, findHunts, findTasks } from './store.ts'
import { toHuntSummary, toHuntTenant } from './view.ts'
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
    page?: { limit?: number; cursor?: string | null },
  ): Promise<{ items: HuntSummary[]; nextCursor: string | null }>
  /** Who was asked and who answered. @throws AppError `not_found` */
  ledger(actor: Actor, id: string): Promise<Ledger>
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
      return { ...toHuntSummary(hunt, counted), tenants: tasks.map(toHuntTenant) }
    },

    async list(actor, filters = {}, page = {}) {
      const limit = Math.min(Math.max(page.limit ?? 50, 1), 200)
      const cursor = page.cursor ?? null
      if (cursor !== null && !isHuntId(cursor)) {
        throw new AppError('invalid', '"cursor" is not one that this list gave')
      }
      const found = await findHunts(db, actor, filters, cursor, limit + 1)
      const hunts = found.slice(0, limit)
      const ids = hunts.map(({ id }) => id)
      const counted = ids.length > 0 ? await countTasks(db, actor, ids) : []
      return {
        items: hunts.map(hunt => toHuntSummary(hunt, counted)),
        nextCursor: found.length > limit ? (ids.at(-1) ?? null) : null,
      }
    },

    async ledger(actor, id) {
      const hunt = await findVisible(db, actor, id)
      return toLedger(await countOutcomes(db, actor, hunt.id))
    },

    async *watch(actor, id, signal) {
      const hunt = await findVisible(db, actor, id)
      const tenants = async (since: Date | null) => {
        const at = await databaseTime(db)
        // A second back: what commits late bears an earlier time.
        const tasks = await findTasks(db, actor, hunt.id, since && new Date(since.getTime() - 1000))
        return { tenants: tasks.map(toHuntTenant), at }
      }
      yield* watchHunt({ channel, summary: () => summary(actor, id), tenants }, hunt.id, signal)
    },
  }
}
