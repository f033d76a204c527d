import type { IncidentView } from '../../../incidents/model.ts'
import type { Database } from '../../../platform/database/index.ts'
import { storableText } from '../../../platform/storable.ts'
import { createNotification } from '../../store.ts'
import type { Sender } from '../../webhooks/send.ts'
import type { DueDelivery } from '../delivery-store.ts'
import { digestEvent, incidentEvent } from '../messages.ts'
import type { ChannelOutcome } from '../model.ts'
import type { TargetRecord } from '../store.ts'
import { tellDigestInConsole, tellInConsole } from './console.ts'
import { type Mailer, threadOf } from './email.ts'
import { writeEmail } from './email-text.ts'
import { tellWebhook } from './webhook.ts'

export type ChannelDeps = {
  db: Database
  /** installation key */
  key: Buffer
  sender: Sender
  mailer: Mailer
  publicUrl: string
}

type Told = {
  delivery: Pick<DueDelivery, 'id' | 'kind'>
  target: TargetRecord
  rule: Pick<DueDelivery['rule'], 'id' | 'name' | 'ownerId'>
  /** Not empty. */
  incidents: IncidentView[]
  /** How often it is told with this one. */
  revision: number
  threadSubject: string | null
  now: Date
}

/** Tells incidents where a target says. @returns what came of it; `subject` is what an e-mail's thread goes on with */
export async function tell(
  deps: ChannelDeps,
  told: Told,
): Promise<{ outcome: ChannelOutcome; subject: string }> {
  const { delivery, target, rule, incidents, revision, now } = told
  const [incident] = incidents
  // Gathered alone, an incident is told like any other.
  const isSingle = delivery.kind === 'incident' || incidents.length === 1
  const context = { rule, publicUrl: deps.publicUrl, now }
  const event =
    isSingle && incident ? incidentEvent(incident, revision, context) : digestEvent(incidents, context)
  const email = writeEmail(event, { name: rule.name, url: ruleUrl(deps, rule.id) }, told.threadSubject)
  const outcome = await byChannel()
  return { outcome, subject: email.subject }

  async function byChannel(): Promise<ChannelOutcome> {
    if (target.kind === 'email') {
      const thread = isSingle && incident ? threadOf(incident.tenantId, incident.incidentId) : null
      const before = Array.from({ length: Math.min(revision - 1, 20) }, (_, index) =>
        messageId(delivery.id, index + 1),
      )
      return await deps.mailer.send({
        ...email,
        to: target.address,
        id: messageId(delivery.id, revision),
        thread,
        before,
      })
    }
    if (target.kind === 'webhook' && target.webhook) {
      const message = { event, messageId: messageId(delivery.id, revision) }
      return await tellWebhook({ ...deps, now }, target.webhook, message)
    }
    const recipientId = target.address === 'owner' ? rule.ownerId : null
    const inConsole = { rule, recipientId, at: now }
    await deps.db.$transaction(tx =>
      event.type === 'incident.digest'
        ? tellDigestInConsole(tx, delivery.id, incidents, inConsole)
        : tellInConsole(tx, event, inConsole),
    )
    return { ...arrived, answer: null }
  }
}

/** Sends a message that says it is a trial, in the console to whoever tries alone. */
export async function tellTest(
  deps: ChannelDeps,
  {
    target,
    rule,
    by,
    id,
    now,
  }: {
    target: TargetRecord
    rule: { id: string; name: string }
    by: { id: string; label: string }
    id: string
    now: Date
  },
): Promise<ChannelOutcome> {
  const url = ruleUrl(deps, rule.id)
  const summary = `${by.label} tries the rule "${rule.name}"`
  const event = { type: 'test', at: now.toISOString(), summary, url } as const
  if (target.kind === 'email') {
    const email = writeEmail(event, { name: rule.name, url })
    return await deps.mailer.send({ ...email, to: target.address, id, thread: null, before: [] })
  }
  if (target.kind === 'webhook' && target.webhook) {
    return await tellWebhook({ ...deps, now }, target.webhook, { event, messageId: id })
  }
  const title = storableText(summary, 400)
  const href = `/notifications/rules/${rule.id}`
  await deps.db.$transaction(tx =>
    createNotification(tx, { kind: 'incident', title, href, ruleId: rule.id, recipientId: by.id, at: now }),
  )
  return arrived
}

const arrived: ChannelOutcome = {
  isDelivered: true,
  isWorthRepeating: false,
  retryAfterSeconds: null,
  answer: 'Shown under Notifications',
  failure: null,
  durationMs: 0,
}

function ruleUrl({ publicUrl }: ChannelDeps, id: string): string {
  return `${publicUrl}/notifications/rules/${id}`
}

function messageId(deliveryId: string, revision: number): string {
  return `${deliveryId}.${revision}`
}
