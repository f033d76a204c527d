import type { Audit } from '../audit/audit.ts'
import { AppError, type Failure, RemoteError } from '../errors.ts'
import type { Database } from '../platform/database/index.ts'
import type { Actor } from '../tenants/actor.ts'
import { readStoredContact } from '../tenants/contact.ts'
import { requireAct } from '../tenants/permissions.ts'
import { joinUrl } from './invitation-view.ts'
import type { Invitations } from './invitations.ts'
import { auditOf } from './link-life.ts'
import { messageFor, type Sender } from './ready-message.ts'
import { betweenRemindersMs, defaultRemindAt, isAwaited, nextReminderAt } from './reminder.ts'
import { addInvitationEvent, claimReminder, endReminder, type InvitationRecord } from './store.ts'

/** Hands one message to the mail server. @returns why it was not taken; null when it was */
export type SendMail = (mail: {
  to: string
  subject: string
  text: string
  id: string
}) => Promise<Failure | null>

export type Reminders = {
  /** Whether a mail server is set. */
  canMail: boolean
  /**
   * Mails the contact of a link that it waits for them, at most once a day. A
   * try whose process died counts as sent: nobody knows.
   *
   * @throws AppError `forbidden`, `not_found`, `invalid` without an address or a mail server, `conflict` when a
   *   reminder was sent within a day or the link waits for nobody; RemoteError when the mail server refuses
   */
  send(actor: Actor, id: string): Promise<InvitationRecord>
}

export function createReminders({
  db,
  audit,
  key,
  publicUrl,
  sender,
  invitations,
  sendMail,
  now = () => new Date(),
}: {
  db: Database
  audit: Audit
  /** Installation key. */
  key: Buffer
  publicUrl: string
  sender: Sender
  invitations: Pick<Invitations, 'get'>
  /** Null: no mail server is set. */
  sendMail: SendMail | null
  now?: () => Date
}): Reminders {
  async function claim(actor: Actor, invitation: InvitationRecord, to: string, at: Date): Promise<void> {
    await db.$transaction(async tx => {
      const before = new Date(at.getTime() - betweenRemindersMs)
      if (!(await claimReminder(tx, invitation.id, before, at))) throw notDue(invitation, at)
      const event = auditOf(actor, 'invitation.reminder_requested', invitation)
      await audit.record({ ...event, detail: { ...event.detail, to } }, tx)
    })
  }

  async function end(
    actor: Actor,
    invitation: InvitationRecord,
    at: Date,
    failure: Failure | null,
  ): Promise<void> {
    await db.$transaction(async tx => {
      const change = failure ? { remindedAt: invitation.remindedAt } : { remindAt: defaultRemindAt(at) }
      await endReminder(tx, invitation.id, at, change)
      const type = failure ? 'reminder_failed' : 'reminded'
      const detail = failure ? failure.message : `by ${actor.label}`
      await addInvitationEvent(tx, invitation.id, { type, detail, at: now() })
      const event = auditOf(actor, `invitation.${type}`, invitation)
      await audit.record(
        failure
          ? { ...event, result: 'failed', detail: { ...event.detail, failure: failure.code } }
          : { ...event, result: 'ok' },
        tx,
      )
    })
  }

  return {
    canMail: sendMail !== null,

    async send(actor, id) {
      requireAct(actor, 'invitation.write')
      const invitation = await invitations.get(actor, id)
      const to = readStoredContact(invitation.contact)?.email
      if (!sendMail) throw noMailServer()
      if (!to) throw noAddress()

      const at = now()
      await claim(actor, invitation, to, at)
      const { subject, body } = messageFor(sender, invitation, joinUrl({ key, publicUrl }, id), 'reminder')
      // The same id until one arrives: a try whose end is not known is no second mail.
      const messageId = `reminder.${invitation.id}.${invitation.remindedAt?.getTime() ?? 0}`
      const failure = await sendMail({ to, subject, text: body, id: messageId })
      await end(actor, invitation, at, failure)
      if (failure) throw new RemoteError(failure)
      return invitations.get(actor, id)
    },
  }
}

function notDue(invitation: InvitationRecord, now: Date): AppError {
  if (!isAwaited(invitation)) {
    return new AppError('conflict', 'this link waits for nobody at the customer', {
      remedy: 'Look at its page: it has ended, was declined, or was used.',
    })
  }
  // Somebody else may have sent one at the same moment.
  const next = nextReminderAt(invitation, now) ?? new Date(now.getTime() + betweenRemindersMs)
  return new AppError('conflict', 'a reminder was sent within the last day', {
    remedy: `Send the next one after ${next.toISOString().slice(0, 16).replace('T', ' ')} UTC, or write to the contact yourself.`,
  })
}

function noMailServer(): AppError {
  return new AppError('invalid', 'no mail server is set', {
    remedy: 'Set TENANTRY_SMTP_URL and TENANTRY_MAIL_FROM, or send the message from your own mail program.',
  })
}

function noAddress(): AppError {
  return new AppError('invalid', 'this invitation has no contact with an e-mail address', {
    remedy: 'Add one to the invitation, or send the message from your own mail program.',
  })
}
