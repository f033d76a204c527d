import { AppError } from '../../errors.ts'
import { storableText } from '../../platform/storable.ts'
import { readLimits } from '../../tenants/limits.ts'
import type { NotificationEvent } from '../event.ts'
import { readWebhookUrl } from './address.ts'
import { formatOf } from './deliveries.ts'
import type { WebhookFormat } from './formats.ts'
import type { DeliveryRecord, WebhookFields, WebhookRecord } from './store.ts'

export type WebhookDraft = {
  name: string
  url: string
  format: WebhookFormat
  /** Whether it may lie in a private network or on this machine. */
  allowPrivate: boolean
  /** Both empty: is told of every tenant; else of those with one of the tags, and those listed. */
  limitedToTags: string[]
  limitedToTenants?: string[]
  /** Whether only notification rules send here. */
  rulesOnly?: boolean
}

export type DeliveryView = {
  id: string
  event: string
  status: 'pending' | 'delivered' | 'failed'
  attempts: number
  /** when it is tried again */
  nextAttemptAt: string | null
  lastStatus: number | null
  lastError: string | null
  durationMs: number | null
  createdAt: string
  finishedAt: string | null
  replayOfId: string | null
  summary: string
}

export type WebhookView = Required<WebhookDraft> & {
  id: string
  enabled: boolean
  createdBy: string
  createdAt: string
  rotatedAt: string | null
  lastDelivery: DeliveryView | null
}

/** @throws AppError `invalid` with `details.fields` */
export function readDraft({
  name,
  url,
  format,
  allowPrivate,
  limitedToTags,
  limitedToTenants = [],
  rulesOnly = false,
}: WebhookDraft): WebhookFields {
  const trimmed = storableText(name.trim(), 100)
  if (trimmed === '') {
    const fields = { name: 'Give the webhook a name' }
    throw new AppError('invalid', fields.name, { details: { fields } })
  }
  const limits = readLimits({ tags: limitedToTags, ids: limitedToTenants })
  const { tags, ids } = limits === 'all' ? { tags: [], ids: [] } : limits
  return {
    name: trimmed,
    url: readWebhookUrl(url, allowPrivate),
    format,
    allowPrivate,
    limitedToTags: [...tags],
    limitedToIds: [...ids],
    rulesOnly,
  }
}

export function toWebhook(record: WebhookRecord, last: DeliveryRecord | undefined): WebhookView {
  const { id, name, url, allowPrivate, limitedToTags, limitedToIds: limitedToTenants, rulesOnly } = record
  const { enabled, createdBy, createdAt, rotatedAt } = record
  return {
    id,
    name,
    url,
    format: formatOf(record),
    allowPrivate,
    limitedToTags,
    limitedToTenants,
    rulesOnly,
    enabled,
    createdBy,
    createdAt: createdAt.toISOString(),
    rotatedAt: rotatedAt?.toISOString() ?? null,
    lastDelivery: last ? toDelivery(last) : null,
  }
}

export function toDelivery(record: DeliveryRecord): DeliveryView {
  const { id, event, attempts, lastStatus, lastError, durationMs, replayOfId } = record
  return {
    id,
    event,
    status: record.status as DeliveryView['status'],
    attempts,
    nextAttemptAt: record.nextAttemptAt?.toISOString() ?? null,
    lastStatus,
    lastError,
    durationMs,
    createdAt: record.createdAt.toISOString(),
    finishedAt: record.finishedAt?.toISOString() ?? null,
    replayOfId,
    summary: (record.payload as NotificationEvent).summary,
  }
}
