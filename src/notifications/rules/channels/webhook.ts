import type { NotificationEvent } from '../../event.ts'
import { formatOf, secretsOf } from '../../webhooks/deliveries.ts'
import { writeMessage } from '../../webhooks/formats.ts'
import type { Sender, SendOutcome } from '../../webhooks/send.ts'
import { signatureHeaders } from '../../webhooks/signature.ts'
import type { WebhookRecord } from '../../webhooks/store.ts'
import type { ChannelOutcome } from '../model.ts'
import { type ChannelFailureCode, channelFailure } from './failures.ts'

/**
 * Sends one message to a webhook, in its format and signed, as other events are.
 *
 * @param messageId the same for each try of the same message
 * @see Slack, "Sending messages using incoming webhooks", "Handling errors"; Microsoft Teams, "Create incoming webhooks with Workflows"
 */
export async function tellWebhook(
  { sender, key, now }: { sender: Sender; key: Buffer; now: Date },
  webhook: WebhookRecord,
  { event, messageId }: { event: NotificationEvent; messageId: string },
): Promise<ChannelOutcome> {
  if (!webhook.enabled) return refused('channel_paused')
  const format = formatOf(webhook)
  const body = writeMessage(format, event)
  const timestamp = Math.floor(now.getTime() / 1000)
  const headers = signatureHeaders({ id: messageId, timestamp, body }, secretsOf(key, webhook, now))
  const { url, allowPrivate } = webhook
  const outcome = await sender.send({ url, allowPrivate, headers, body })
  const code = codeOf(outcome, format)
  const { status, error, wayCode, answer, retryAfterSeconds, durationMs } = outcome
  const said = status === null ? error : [String(status), answer].filter(Boolean).join(' ')
  return {
    isDelivered: code === null,
    isWorthRepeating: code !== null && (outcome.isWorthRepeating || code === 'channel_throttled'),
    retryAfterSeconds,
    answer: said,
    failure:
      code === null
        ? null
        : channelFailure(code, {
            service: 'webhook',
            detail: status === null ? error : said,
            status,
            serviceCode: status === null ? wayCode : (answer?.slice(0, 60) ?? null),
            retryAfterSeconds,
          }),
    durationMs,
  }
}

function codeOf(
  { isDelivered, status, wayCode, answer }: SendOutcome,
  format: string,
): ChannelFailureCode | null {
  // Connectors of Teams answer 200 and say in the text that the message was not taken.
  const [, hidden] = /HTTP error (\d{3})/.exec(format === 'teams' ? (answer ?? '') : '') ?? []
  if (isDelivered && hidden === undefined) return null
  const said = hidden === undefined ? status : Number(hidden)
  if (said === null) return wayCode === 'EADDRREFUSED' ? 'channel_address_refused' : 'channel_unreachable'
  if (said === 429) return 'channel_throttled'
  if (said === 404 || said === 410) return 'channel_gone'
  if (said === 401 || said === 403) return 'channel_refused_sender'
  return said >= 500 || said === 408 || said === 425 ? 'channel_unavailable' : 'channel_refused_message'
}

function refused(code: ChannelFailureCode): ChannelOutcome {
  const failure = channelFailure(code, { service: 'webhook' })
  return {
    isDelivered: false,
    isWorthRepeating: false,
    retryAfterSeconds: null,
    answer: null,
    failure,
    durationMs: 0,
  }
}
