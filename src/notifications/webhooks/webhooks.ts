import { z } from 'zod'
import type { Audit } from '../../audit/audit.ts'
import type { Database } from '../../database/index.ts'
import { AppError } from '../../errors.ts'
import { type Actor, requireAct } from '../../tenants/actor.ts'
import type { NotificationEvent } from '../event.ts'
import { formatOf } from './deliveries.ts'
import { writeMessage } from './formats.ts'
import { webhookSecret } from './signature.ts'
import {
  createDelivery,
  createWebhook,
  type DeliveryRecord,
  deleteWebhook,
  findDeliveries,
  findDelivery,
  findLastDeliveries,
  findWebhook,
  findWebhooks,
  rotate,
  updateWebhook,
  type WebhookFields,
  type WebhookRecord,
} from './store.ts'
import {
  type DeliveryView,
  readDraft,
  toDelivery,
  toWebhook,
  type WebhookDraft,
  type WebhookView,
} from './view.ts'

export type Webhooks = ReturnType<typeof createWebhooks>

type Parts = {
  db: Database
  audit: Audit
  key: Buffer
  enqueue: (deliveryId: string, afterSeconds: number) => Promise<void>
  publicUrl: string
  now?: () => Date
}

const uuid = z.uuid()

/** Where else is told what was found. Administrators set them up. */
export function createWebhooks(parts: Parts) {
  const { db, audit, key, enqueue, publicUrl, now = () => new Date() } = parts

  async function find(actor: Actor, id: string): Promise<WebhookRecord> {
    requireAct(actor, 'manage-staff')
    const webhook = uuid.safeParse(id).success ? await findWebhook(db, id) : null
    if (webhook) return webhook
    throw new AppError('not_found', 'there is no such webhook')
  }

  async function change(
    actor: Actor,
    id: string,
    data: Partial<WebhookFields> & { enabled?: boolean },
    what: string,
  ) {
    const webhook = await find(actor, id)
    const changed = await db.$transaction(async tx => {
      const after = await updateWebhook(tx, webhook.id, data)
      const detail = { name: after.name, host: URL.parse(after.url)?.host ?? '', format: after.format, what }
      await audit.record({ actor, action: 'webhook.changed', target: webhook.id, detail }, tx)
      return after
    })
    return toWebhook(changed, undefined)
  }

  async function send(webhookId: string, event: NotificationEvent, replayOfId?: string): Promise<string> {
    const id = await createDelivery(db, { webhookId, event, now: now(), ...(replayOfId && { replayOfId }) })
    await enqueue(id, 0)
    return id
  }

  return {
    /** @throws AppError `forbidden` */
    async list(actor: Actor): Promise<WebhookView[]> {
      requireAct(actor, 'manage-staff')
      const [webhooks, last] = await Promise.all([findWebhooks(db), findLastDeliveries(db)])
      return webhooks.map(webhook =>
        toWebhook(
          webhook,
          last.find(({ webhookId }) => webhookId === webhook.id),
        ),
      )
    },

    /** @throws AppError `forbidden`, `not_found` */
    async get(actor: Actor, id: string): Promise<WebhookView> {
      const webhook = await find(actor, id)
      const [last] = await findDeliveries(db, webhook.id, null, 1)
      return toWebhook(webhook, last)
    },

    /** The secret that receivers check signatures with. Looking at it is recorded. */
    async secret(actor: Actor, id: string): Promise<string> {
      const webhook = await find(actor, id)
      const detail = { name: webhook.name }
      await audit.record({ actor, action: 'webhook.secret-shown', target: webhook.id, detail })
      return webhookSecret(key, webhook.id, webhook.secretVersion)
    },

    /** @throws AppError `forbidden`, `invalid` with `fields` */
    async create(actor: Actor, draft: WebhookDraft): Promise<WebhookView & { secret: string }> {
      requireAct(actor, 'manage-staff')
      const fields = readDraft(draft)
      const made = await db.$transaction(async tx => {
        const webhook = await createWebhook(tx, { ...fields, createdBy: actor.label })
        const host = URL.parse(webhook.url)?.host ?? ''
        const detail = {
          name: webhook.name,
          host,
          format: webhook.format,
          allowPrivate: webhook.allowPrivate,
        }
        await audit.record({ actor, action: 'webhook.created', target: webhook.id, detail }, tx)
        return webhook
      })
      return { ...toWebhook(made, undefined), secret: webhookSecret(key, made.id, made.secretVersion) }
    },

    /** @throws AppError `forbidden`, `not_found`, `invalid` with `fields` */
    change: (actor: Actor, id: string, draft: WebhookDraft) =>
      change(actor, id, readDraft(draft), 'settings'),

    /** A paused webhook is told nothing, not even later. */
    setEnabled: (actor: Actor, id: string, enabled: boolean) =>
      change(actor, id, { enabled }, enabled ? 'resumed' : 'paused'),

    /** A new secret; for a day messages are signed with both. @throws AppError `conflict` */
    async rotateSecret(actor: Actor, id: string): Promise<string> {
      const webhook = await find(actor, id)
      const rotated = await db.$transaction(async tx => {
        const after = await rotate(tx, webhook, now())
        if (!after) throw new AppError('conflict', 'somebody else changed the secret meanwhile')
        const detail = { name: webhook.name }
        await audit.record({ actor, action: 'webhook.secret-changed', target: webhook.id, detail }, tx)
        return after
      })
      return webhookSecret(key, rotated.id, rotated.secretVersion)
    },

    async remove(actor: Actor, id: string): Promise<void> {
      const webhook = await find(actor, id)
      await db.$transaction(async tx => {
        await deleteWebhook(tx, webhook.id)
        const detail = { name: webhook.name }
        await audit.record({ actor, action: 'webhook.removed', target: webhook.id, detail }, tx)
      })
    },

    /** Sends a message that says it is a trial. @returns the delivery's id */
    async test(actor: Actor, id: string): Promise<string> {
      const webhook = await find(actor, id)
      requireEnabled(webhook)
      return send(webhook.id, {
        type: 'test',
        at: now().toISOString(),
        summary: `${actor.label} tries the webhook "${webhook.name}"`,
        url: `${publicUrl}/settings/webhooks/${webhook.id}`,
      })
    },

    /** Newest first. @throws AppError `forbidden`, `not_found`, `invalid` */
    async deliveries(
      actor: Actor,
      id: string,
      page: { limit?: number; cursor?: string | null } = {},
    ): Promise<{ items: DeliveryView[]; nextCursor: string | null }> {
      const webhook = await find(actor, id)
      const limit = Math.min(Math.max(page.limit ?? 50, 1), 200)
      const cursor = page.cursor ?? null
      if (cursor !== null && !uuid.safeParse(cursor).success)
        throw new AppError('invalid', '"cursor" is not one that this list gave')
      const records = await findDeliveries(db, webhook.id, cursor, limit + 1)
      const items = records.slice(0, limit).map(toDelivery)
      return { items, nextCursor: records.length > limit ? (items.at(-1)?.id ?? null) : null }
    },

    /** One message, with the body that is sent. @throws AppError `forbidden`, `not_found` */
    async delivery(actor: Actor, id: string, deliveryId: string): Promise<DeliveryView & { body: string }> {
      const webhook = await find(actor, id)
      const record = await requireDelivery(webhook, deliveryId)
      const body = writeMessage(formatOf(webhook), record.payload as NotificationEvent)
      return { ...toDelivery(record), body }
    },

    /** Sends a message again, with the id of the first. @returns the new delivery's id */
    async replay(actor: Actor, id: string, deliveryId: string): Promise<string> {
      const webhook = await find(actor, id)
      requireEnabled(webhook)
      const record = await requireDelivery(webhook, deliveryId)
      const made = await send(webhook.id, record.payload as NotificationEvent, record.replayOfId ?? record.id)
      const detail = { name: webhook.name, delivery: deliveryId }
      await audit.record({ actor, action: 'webhook.replayed', target: webhook.id, detail })
      return made
    },
  }

  async function requireDelivery(webhook: WebhookRecord, id: string): Promise<DeliveryRecord> {
    const record = uuid.safeParse(id).success ? await findDelivery(db, id) : null
    if (record && record.webhookId === webhook.id) return record
    throw new AppError('not_found', 'there is no such message')
  }
}

function requireEnabled({ enabled }: WebhookRecord): void {
  if (!enabled) throw new AppError('conflict', 'the webhook is paused', { remedy: 'Resume it first.' })
}
