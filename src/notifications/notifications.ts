import type { Database } from '../platform/database/index.ts'
import { pageLimit, readIdCursor } from '../platform/paging.ts'
import { storableText } from '../platform/storable.ts'
import { type Actor, isLimited } from '../tenants/actor.ts'
import { requireAct } from '../tenants/permissions.ts'
import type { NotificationEvent } from './event.ts'
import {
  countAfter,
  createNotification,
  deleteNotifications,
  findNotifications,
  newsOf,
  seenUntil,
  setSeen,
} from './store.ts'
import type { createDeliveries } from './webhooks/deliveries.ts'
import type { Transaction } from './webhooks/store.ts'

/**
 * A schedule found something, a schedule could not run, messages do
 * not arrive; a tenant was cut off, lost permissions, or is well again; a rule
 * found an incident; somebody waits for a confirmation, a credential ends.
 */
export const notificationKinds = [
  'findings',
  'failed',
  'undelivered',
  'disconnected',
  'degraded',
  'connected',
  'incident',
  'confirming',
  'credential',
  'audit',
  'suspension',
  'approval',
] as const

type NotificationKind = (typeof notificationKinds)[number]

export type NotificationView = {
  id: string
  kind: NotificationKind
  title: string
  href: string
  at: string
  isNew: boolean
}

export type Notifications = ReturnType<typeof createNotifications>

/** More than this is shown as "99+", and counting stops there. */
export const mostCounted = 100

const keepDays = 400

/** What staff should look at, in the console; and, through `deliveries`, elsewhere. */
export function createNotifications({
  db,
  deliveries,
  now = () => new Date(),
}: {
  db: Database
  deliveries: Pick<ReturnType<typeof createDeliveries>, 'write'>
  now?: () => Date
}) {
  return {
    /**
     * Tells something: one notification, and a message to each webhook that
     * may know of it.
     *
     * @returns sends the messages; call it after the transaction
     */
    async announce(
      tx: Transaction,
      announcement: {
        kind: Exclude<NotificationKind, 'undelivered' | 'incident'>
        title: string
        href: string
        /** What it is about, by whose visibility it is shown. */
        runId?: string
        tenantId?: string
        eventFor: (isVisible: (tenantId: string) => boolean) => NotificationEvent | null
      },
    ): Promise<() => Promise<void>> {
      const { eventFor, ...shown } = announcement
      const title = storableText(announcement.title, 400)
      await createNotification(tx, { ...shown, title, at: now() })
      return deliveries.write(tx, eventFor)
    },

    /** Newest first, counted over the tenants that the actor may see. @throws AppError `invalid` */
    async list(
      actor: Actor,
      page: { limit?: number; cursor?: string | null } = {},
    ): Promise<{ items: NotificationView[]; nextCursor: string | null }> {
      requireAct(actor, 'notification.read')
      const limit = pageLimit(page.limit)
      const cursor = readIdCursor(page.cursor)
      const [records, until] = await Promise.all([
        findNotifications(db, actor, cursor, limit + 1),
        seenUntil(db, actor.id),
      ])
      const shown = records.slice(0, limit)
      const limited = isLimited(actor)
      const runIds = shown.flatMap(({ runId }) => (runId ? [runId] : []))
      const news = limited ? await newsOf(db, actor, runIds) : []
      const items = shown.map(({ id, kind, title, href, at, runId, run }) => {
        const own = news.find(one => one.runId === runId)
        return {
          id,
          kind: notificationKinds.find(known => known === kind) ?? ('findings' as const),
          title: own && run ? titleOf(run.schedule.name, own) : title,
          href,
          at: at.toISOString(),
          isNew: until === null || at > until,
        }
      })
      return { items, nextCursor: records.length > limit ? (items.at(-1)?.id ?? null) : null }
    },

    /** How many came since the actor last looked; at most 100. */
    async countNew(actor: Actor): Promise<number> {
      return countAfter(db, actor, await seenUntil(db, actor.id), mostCounted)
    },

    /** The actor has seen all that came until now. */
    async markSeen(actor: Actor): Promise<void> {
      requireAct(actor, 'notification.read')
      await setSeen(db, actor.id, now())
    },

    /** Deletes notifications whose time is over. */
    async purge(): Promise<void> {
      await deleteNotifications(db, new Date(now().getTime() - keepDays * 86_400_000))
    },
  }
}

function titleOf(schedule: string, { newRows, tenants }: { newRows: number; tenants: number }): string {
  const rows = `${newRows.toLocaleString('en')} new row${newRows === 1 ? '' : 's'}`
  return `${schedule}: ${rows} in ${tenants.toLocaleString('en')} tenant${tenants === 1 ? '' : 's'}`
}
