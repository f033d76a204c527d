import type { Database } from '../../platform/database/index.ts'
import { createListener } from '../../platform/database/notices/listener.ts'
import type { Actor } from '../../tenants/actor.ts'
import { requireAct } from '../../tenants/permissions.ts'
import { writeIncidentId } from '../incident-id.ts'
import { findScope } from '../queue/filter-store.ts'
import { changesChannel, readNotice } from './changes.ts'

/** An incident that is new or changed in the store. */
export type IncidentEvent = { id: string; tenantId: string; kind: 'created' | 'updated'; updatedAt: string }

/** Null: events may have been lost, and anything may have changed. */
export type HearIncident = (event: IncidentEvent | null) => void

export type IncidentWatch = {
  /**
   * Hears of changes of what the actor may see, whichever process writes them.
   *
   * @returns a function that ends it
   * @throws AppError `forbidden`
   */
  listen(actor: Actor, hear: HearIncident): Promise<() => void>
  /** @throws Error when the database cannot be reached */
  start(): Promise<void>
  stop(): Promise<void>
}

type Watcher = { actor: Actor; tenantIds: Set<string> | null; hear: HearIncident }

/** What somebody may see changes while they listen: a tenant is tagged, connected, offboarded. */
const lookAgainMs = 10_000

export function createIncidentWatch({
  db,
  connectionString,
  onError,
}: {
  db: Database
  connectionString: string
  onError: (error: unknown) => void
}): IncidentWatch {
  const watchers = new Set<Watcher>()
  let looking: NodeJS.Timeout | undefined

  const listener = createListener({
    connectionString,
    channel: changesChannel,
    name: 'incident events',
    onPayload(payload) {
      if (watchers.size === 0) return
      const notice = readNotice(payload)
      if (!notice) return
      const { tenantId, changes } = notice
      for (const { tenantIds, hear } of watchers) {
        if (tenantIds && !tenantIds.has(tenantId)) continue
        for (const { incidentId, kind, updatedAt } of changes)
          hear({ id: writeIncidentId(tenantId, incidentId), tenantId, kind, updatedAt })
      }
    },
    onGap() {
      for (const { hear } of watchers) hear(null)
    },
    onError,
  })

  async function visibleIds(actor: Actor): Promise<Set<string> | null> {
    const scope = await findScope(db, actor, {})
    return scope && new Set(scope)
  }

  async function lookAgain(): Promise<void> {
    for (const watcher of watchers) {
      if (watcher.tenantIds === null) continue
      try {
        watcher.tenantIds = await visibleIds(watcher.actor)
      } catch (error) {
        onError(error)
      }
    }
  }

  return {
    async listen(actor, hear) {
      requireAct(actor, 'incident.read')
      const watcher = { actor, tenantIds: await visibleIds(actor), hear }
      watchers.add(watcher)
      return () => void watchers.delete(watcher)
    },

    async start() {
      await listener.start()
      looking = setInterval(() => void lookAgain(), lookAgainMs)
      looking.unref()
    },

    async stop() {
      clearInterval(looking)
      watchers.clear()
      await listener.stop()
    },
  }
}
