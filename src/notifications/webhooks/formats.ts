import type { NotificationEvent } from '../event.ts'
import { type Fact, factsOf } from './facts.ts'

/** What a webhook understands. */
export const webhookFormats = { json: 'JSON', teams: 'Microsoft Teams', slack: 'Slack' } as const

export type WebhookFormat = keyof typeof webhookFormats

/** The body of a message, as JSON text. Names from customers are plain text in every format. */
export function writeMessage(format: WebhookFormat, event: NotificationEvent): string {
  const write = { json: (event: NotificationEvent) => event, teams, slack }[format]
  return JSON.stringify(write(event))
}

/**
 * A message for a Teams workflow or incoming webhook: an adaptive card. Text
 * runs, because text blocks and fact sets read Markdown.
 *
 * @see Microsoft Teams, "Create and send messages with Incoming Webhooks";
 * Adaptive Cards schema 1.4
 */
function teams(event: NotificationEvent) {
  const run = (text: string, more: object = {}) => ({ type: 'TextRun', text, ...more })
  const fact = ({ label, value }: Fact) => ({
    type: 'RichTextBlock',
    spacing: 'Small',
    inlines: [run(`${label}: `, { weight: 'Bolder' }), run(value)],
  })
  const content = {
    type: 'AdaptiveCard',
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    version: '1.4',
    fallbackText: event.summary,
    body: [
      { type: 'RichTextBlock', inlines: [run(event.summary, { weight: 'Bolder', size: 'Large' })] },
      ...factsOf(event).map(fact),
    ],
    actions: [{ type: 'Action.OpenUrl', title: 'Open in Tenantry', url: event.url }],
  }
  return {
    type: 'message',
    summary: event.summary,
    attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content }],
  }
}

/** Slack's limits, in characters. */
const slackLimits = { header: 150, text: 3000 }

/**
 * A message for a Slack incoming webhook. Plain text objects, because
 * `mrkdwn` would read names as formatting, links and mentions.
 *
 * @see Slack, "Sending messages using incoming webhooks"; "Reference: blocks"
 */
function slack(event: NotificationEvent) {
  const plain = (text: string, limit: number) => ({
    type: 'plain_text',
    text: shorten(text, limit),
    emoji: false,
  })
  const facts = factsOf(event)
    .map(({ label, value }) => `${label}: ${value}`)
    .join('\n')
  return {
    unfurl_links: false,
    unfurl_media: false,
    // Notifications show this, and it is read as mrkdwn.
    text: event.summary.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
    blocks: [
      { type: 'header', text: plain(event.summary, slackLimits.header) },
      ...(facts === '' ? [] : [{ type: 'section', text: plain(facts, slackLimits.text) }]),
      {
        type: 'actions',
        elements: [{ type: 'button', text: plain('Open in Tenantry', 75), url: event.url }],
      },
    ],
  }
}

function shorten(text: string, limit: number): string {
  return text.length > limit ? `${text.slice(0, limit - 1).toWellFormed()}…` : text
}
