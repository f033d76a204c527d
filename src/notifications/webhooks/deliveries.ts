import type { Database } from '../../platform/database/index.ts'
import { storableText } from '../../platform/storable.ts'
import type { NotificationEvent } from '../event.ts'
import { createNotification } from '../store.ts'
import { type WebhookFormat, webhookFormats, writeMessage } from './formats.ts'
import type { Sender } from './send.ts'
import { oldSecretHours, signatureHeaders, webhookSecret } from './signature.ts'
import {
  claimDelivery,
  createDelivery,
  deleteDeliveries,
  failedBefore,
  findDelivery,
  findEnabledWebhooks,
  findOverdue,
  recordTry,
  type Transaction,
  tenantsWithin,
  type WebhookRecord,
  webhookLimits,
} from './store.ts'

/** Seconds between one try and the next; after the last one the message has failed. About a day in all. */
export const pausesSeconds: readonly number[] = [10, 60, 300, 1_800, 7_200, 21_600, 43_200]

/** A try that has not ended after so long died with its process. */
const lostAfterMs = 60_000

const keepDays = 60

export type DeliveryDeps = {
  db: Database
  /** installation key */
  key: Buffer
  sender: Sender
  /** Has `attempt` called. */
  enqueue: (deliveryId: string, afterSeconds: number) => Promise<void>
  now?: () => Date
}

export type Deliveries = ReturnType<typeof createDeliveries>

/** Messages to webhooks: rows first, then tries until one is accepted. */
export function createDeliveries(deps: DeliveryDeps) {
  const { db, key, enqueue, now = () => new Date() } = deps

  return {
    /**
     * Writes a message per webhook that wants it, in the transaction of what
     * it tells.
     *
     * @param eventFor what somebody may be told who sees only these tenants
     * @returns sends them; call it after the transaction
     */
    async write(
      tx: Transaction,
      eventFor: (isVisible: (tenantId: string) => boolean) => NotificationEvent | null,
    ): Promise<() => Promise<void>> {
      const ids: string[] = []
      for (const webhook of await findEnabledWebhooks(tx)) {
        const event = eventFor(await visibility(tx, webhook))
        if (event) ids.push(await createDelivery(tx, { webhookId: webhook.id, event, now: now() }))
      }
      return async () => {
        for (const id of ids) await enqueue(id, 0)
      }
    },

    /** Tries a message once, if it is due. At least once: a receiver tells repeats by `webhook-id`. */
    async attempt(id: string): Promise<void> {
      const delivery = await findDelivery(db, id)
      if (delivery?.status !== 'pending') return
      const { webhook } = delivery
      if (!webhook.enabled) {
        await recordTry(db, id, {
          status: 'failed',
          lastStatus: delivery.lastStatus,
          lastError: 'the webhook is paused',
          durationMs: delivery.durationMs,
          nextAttemptAt: null,
          finishedAt: now(),
        })
        return
      }
      const lostAt = new Date(now().getTime() + lostAfterMs)
      if (!(await claimDelivery(db, delivery, now(), lostAt))) return

      const body = writeMessage(formatOf(webhook), delivery.payload as NotificationEvent)
      const timestamp = Math.floor(now().getTime() / 1000)
      // A repeat has the id of the first message: receivers that had it already leave it out.
      const messageId = delivery.replayOfId ?? delivery.id
      const outcome = await deps.sender.send({
        url: webhook.url,
        allowPrivate: webhook.allowPrivate,
        headers: signatureHeaders({ id: messageId, timestamp, body }, secretsOf(key, webhook, now())),
        body,
      })

      const pause = outcome.isWorthRepeating ? pausesSeconds[delivery.attempts] : undefined
      const status = outcome.isDelivered ? 'delivered' : pause === undefined ? 'failed' : 'pending'
      const seconds = Math.min(Math.max(pause ?? 0, outcome.retryAfterSeconds ?? 0), 86_400)
      await db.$transaction(async tx => {
        const isNews = status === 'failed' && delivery.event !== 'test' && !(await failedBefore(tx, delivery))
        await recordTry(tx, id, {
          status,
          lastStatus: outcome.status,
          lastError: outcome.error,
          durationMs: outcome.durationMs,
          nextAttemptAt: status === 'pending' ? new Date(now().getTime() + seconds * 1000) : null,
          finishedAt: status === 'pending' ? null : now(),
        })
        if (isNews) await createNotification(tx, undelivered(webhook, outcome.error, now()))
      })
      if (status === 'pending') await enqueue(id, seconds)
    },

    /** Messages whose try was lost are tried again. */
    async resume(): Promise<void> {
      for (const id of await findOverdue(db, now())) await enqueue(id, 0)
    },

    /** Deletes deliveries whose time is over. */
    async purge(): Promise<void> {
      await deleteDeliveries(db, new Date(now().getTime() - keepDays * 86_400_000))
    },
  }
}

/** Told once, not with each message that fails after the first: until one arrives again. */
function undelivered({ id, name }: WebhookRecord, why: string | null, at: Date) {
  const title = storableText(`The webhook "${name}" takes no messages: ${why ?? 'no answer'}`, 400)
  return { kind: 'undelivered', title, href: `/settings/webhooks/${id}`, at }
}

/** Secrets to sign with: after a change also the one before, for a day. */
export function secretsOf(key: Buffer, webhook: WebhookRecord, now: Date): string[] {
  const { id, secretVersion, rotatedAt } = webhook
  const isOldAccepted = rotatedAt !== null && now.getTime() - rotatedAt.getTime() < oldSecretHours * 3_600_000
  return [
    webhookSecret(key, id, secretVersion),
    ...(isOldAccepted ? [webhookSecret(key, id, secretVersion - 1)] : []),
  ]
}

export function formatOf({ format }: Pick<WebhookRecord, 'format'>): WebhookFormat {
  return Object.keys(webhookFormats).find((known): known is WebhookFormat => known === format) ?? 'json'
}

async function visibility(tx: Transaction, webhook: WebhookRecord): Promise<(id: string) => boolean> {
  const limits = webhookLimits(webhook)
  if (limits === 'all') return () => true
  const visible = await tenantsWithin(tx, limits)
  return id => visible.has(id)
}
