import { AppError } from '../errors.ts'
import type { InvitationStatus } from './invitation-status.ts'

const dayMs = 24 * 3_600_000

/** A link that nobody used after so many days wants somebody to ask, unless staff chose another date. */
const remindAfterDays = 3

/** A customer gets at most one reminder in this time. */
export const betweenRemindersMs = dayMs

/** The customer has the next step: nothing came back, or what came back did not work out. */
export const awaitedStatuses: InvitationStatus[] = ['created', 'opened', 'started', 'failed', 'consented']

/** The part of an invitation that decides about reminders. */
type Reminded = { status: string; tenantId: string | null; remindAt: Date | null; remindedAt: Date | null }

/** Whether the customer has the next step. */
export function isAwaited({ status, tenantId }: Pick<Reminded, 'status' | 'tenantId'>): boolean {
  return tenantId === null && awaitedStatuses.some(one => one === status)
}

/** Whether the customer should have used the link by now. */
export function isOverdue(invitation: Reminded, now: Date): boolean {
  return isAwaited(invitation) && invitation.remindAt !== null && invitation.remindAt <= now
}

/** When the contact may be mailed again; null: now. */
export function nextReminderAt({ remindedAt }: Pick<Reminded, 'remindedAt'>, now: Date): Date | null {
  const next = remindedAt && new Date(remindedAt.getTime() + betweenRemindersMs)
  return next && next > now ? next : null
}

export function defaultRemindAt(now: Date): Date {
  return new Date(now.getTime() + remindAfterDays * dayMs)
}

/**
 * @param remindAt undefined takes the default, null is never
 * @throws AppError `invalid` for a date that is no date, or more than a year away
 */
export function readRemindAt(remindAt: Date | null | undefined, now: Date): Date | null {
  if (remindAt === undefined) return defaultRemindAt(now)
  if (remindAt === null) return null
  const ms = remindAt.getTime() - now.getTime()
  if (Number.isNaN(ms) || Math.abs(ms) > 366 * dayMs) {
    const message = 'Choose a date at most a year from now'
    throw new AppError('invalid', message, { details: { fields: { remindOn: message } } })
  }
  return remindAt
}
