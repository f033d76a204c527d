import type { Audit } from '../../audit/audit.ts'
import { AppError } from '../../errors.ts'
import type { Database } from '../../platform/database/index.ts'
import { isGuid } from '../../platform/guid.ts'
import { pageLimit, readIdCursor } from '../../platform/paging.ts'
import { requireHeld } from '../../staff/delegation.ts'
import type { Actor } from '../../tenants/actor.ts'
import { requireAct } from '../../tenants/permissions.ts'
import { isWithin } from '../../tenants/visible-store.ts'
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
  webhookLimits,
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

type Deps = {
  db: Database
  audit: Audit
  key: Buffer
  enqueue: (deliveryId: string, afterSeconds: number) => Promise<void>
  publicUrl: string
  now?: () => Date
}

/** Webhooks and their deliveries; administrators manage them. */
export function createWebhooks(deps: Deps) {
  const { db, audit, key, enqueue, publicUrl, now = () => new Date() } = deps

  async function find(actor: Actor, id: string): Promise<WebhookRecord> {
    requireAct(actor, 'webhook.manage')
    const webhook = isGuid(id) ? await findWebhook(db, id) : null
    if (webhook && (await isKnownTo(actor, webhook))) return webhook
    throw new AppError('not_found', 'there is no such webhook')
  }

  /** Who is limited knows the webhooks that are told no more than they see. */
  async function isKnownTo(actor: Actor, webhook: WebhookRecord): Promise<boolean> {
    return await isWithin(db, webhookLimits(webhook), actor.tenants)
  }

  /** @throws AppError `forbidden` for a webhook that would be told more than the actor sees */
  async function requireOwnTenants(actor: Actor, fields: WebhookFields): Promise<void> {
    await requireHeld((inner, outer) => isWithin(db, inner, outer), actor, { tenants: webhookLimits(fields) })
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
      requireAct(actor, 'webhook.manage')
      const [all, last] = await Promise.all([findWebhooks(db), findLastDeliveries(db)])
      const known: WebhookRecord[] = []
      for (const webhook of all) if (await isKnownTo(actor, webhook)) known.push(webhook)
      return known.map(webhook =>
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
      requireAct(actor, 'webhook.manage')
      const fields = readDraft(draft)
      await requireOwnTenants(actor, fields)
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
    async change(actor: Actor, id: string, draft: WebhookDraft): Promise<WebhookView> {
      const fields = readDraft(draft)
      await find(actor, id)
      await requireOwnTenants(actor, fields)
      return change(actor, id, fields, 'settings')
    },

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
      const limit = pageLimit(page.limit)
      const cursor = readIdCursor(page.cursor)
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
    const record = isGuid(id) ? await findDelivery(db, id) : null
    if (record && record.webhookId === webhook.id) return record
    throw new AppError('not_found', 'there is no such message')
  }
}

function requireEnabled({ enabled }: WebhookRecord): void {
  if (!enabled) throw new AppError('conflict', 'the webhook is paused', { remedy: 'Resume it first.' })
}
