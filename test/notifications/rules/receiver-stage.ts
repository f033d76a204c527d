import { afterAll, beforeAll, beforeEach } from 'vitest'
import type { WebhookDraft } from '../../../src/notifications/webhooks/view.ts'
import { type Receiver, startReceiver } from '../../helpers/receiver.ts'
import { anAlert } from '../../incidents/given-incidents.ts'
import { admin } from '../../tenants/givens.ts'
import { analyst, givenRules, type RuleStage, ruleDraft } from './stage.ts'

export let receiver: Receiver

export let stage: RuleStage

export const withAlerts = { alerts: [anAlert('a')] }

/** A rule with one webhook as its target. */
export async function givenRule(
  webhook: Partial<WebhookDraft> = {},
  rule: Parameters<typeof ruleDraft>[0] = {},
) {
  const made = await stage.webhooks.create(admin, {
    name: 'Shift',
    url: receiver.url,
    format: 'json',
    allowPrivate: true,
    limitedToTags: [],
    ...webhook,
  })
  const targets = [{ kind: 'webhook' as const, address: made.id }]
  const { id } = await stage.rules.create(analyst, ruleDraft({ targets, ...rule }))
  return { id, secret: made.secret, webhookId: made.id }
}

export const deliveries = async (id: string) => (await stage.rules.deliveries(analyst, id)).items

/** Rules that tell a webhook, and its receiver. */
export function useReceiver(): void {
  beforeAll(async () => {
    receiver = await startReceiver()
    stage = await givenRules()
  })
  afterAll(async () => {
    await stage?.close()
    await receiver.close()
  })
  beforeEach(async () => {
    await stage.clean()
    receiver.received.length = 0
    receiver.answer(200)
  })
}
