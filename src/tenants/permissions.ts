import { AppError } from '../errors.ts'
import type { Actor, StaffRole } from './actor.ts'

const everybody = ['admin', 'analyst', 'responder', 'reader'] as const
const analysts = ['admin', 'analyst'] as const
const responders = ['admin', 'responder'] as const
const admins = ['admin'] as const

/**
 * What can be done here, and the roles that may do it, strongest first. Every
 * route and command names one of these. Which tenants somebody may do it to is
 * another question: see `visibleTo`.
 */
const permissions = {
  'tenant.read': everybody,
  'tenant.verify': analysts,
  'tenant.connect': admins,
  'tenant.write': admins,
  'tenant.offboard': admins,
  /** The kill switch: stops the calls to a tenant, or to all, and lets them go out again. */
  'tenant.suspend': admins,
  'invitation.read': everybody,
  /** A link starts a consent for whoever holds it, so it is for those who could make one. */
  'invitation.read-links': admins,
  'invitation.create': admins,
  'invitation.write': admins,
  /** Connects the tenant that proved an open link, or refuses it. */
  'invitation.confirm': admins,
  'incident.read': everybody,
  'incident.write': analysts,
  /** Views of the queue for everybody; those of one's own need no more than to read incidents. */
  'view.share': analysts,
  /** Shared views of others: end the sharing, remove them. */
  'view.manage': admins,
  /** The list of common values, which holds for everybody. */
  'sighting.ignore': analysts,
  'device.read': everybody,
  /** Isolates, releases, scans, collects. Analysts are responders too, unless TENANTRY_RESPONDERS separates them. */
  'device.act': responders,
  'hunt.read': everybody,
  'hunt.run': analysts,
  'query.read': everybody,
  'query.write': analysts,
  /** Queries of others. */
  'query.manage': admins,
  'schedule.read': everybody,
  'schedule.write': analysts,
  /** Schedules of others: remove them, take them over. */
  'schedule.manage': admins,
  'notification.read': everybody,
  /** Rules that tell of new incidents. */
  'rule.write': analysts,
  /** Rules of others: look at them, take them over, remove them. */
  'rule.manage': admins,
  'webhook.manage': admins,
  'audit.read': everybody,
  'audit.verify': admins,
  /** Says that an older state of the database was put back on purpose. */
  'audit.acknowledge': admins,
  /** Links with which a customer reads what was done in its tenant. */
  'activity.share': admins,
  'settings.read': admins,
  'staff.manage': admins,
  /** One's own sessions: look at them, end them. */
  'session.own': everybody,
  /** What waits for a second person; whose, depends on what one may do oneself. */
  'approval.read': everybody,
  'approval.decide': analysts,
  'key.manage': admins,
  'metrics.read': everybody,
} as const satisfies Record<string, readonly StaffRole[]>

export type Act = keyof typeof permissions

/** Acts that can be set to need a second person, and what somebody must be allowed to do to ask for each or to decide. */
export const twoPersonActs = ['device.isolate', 'incident.bulk', 'tenant.offboard', 'staff.grant'] as const
export type TwoPersonAct = (typeof twoPersonActs)[number]

export const actBehind: Record<TwoPersonAct, Act> = {
  'device.isolate': 'device.act',
  'incident.bulk': 'incident.write',
  'tenant.offboard': 'tenant.offboard',
  'staff.grant': 'staff.manage',
}

/** All acts, for whoever has to go through them. */
export const acts = Object.keys(permissions) as Act[]

/** Acts that give or take access: staff who do them must have proven lately who they are. */
export const freshActs: readonly Act[] = [
  'audit.acknowledge',
  'key.manage',
  'staff.manage',
  'tenant.offboard',
  'tenant.suspend',
]

const roleNames: Record<StaffRole, string> = {
  admin: 'Tenantry.Admin',
  analyst: 'Tenantry.Analyst',
  responder: 'Tenantry.Responder',
  reader: 'Tenantry.Reader',
}

/** Whether one of the actor's roles allows it. A customer's actor has no role and may do nothing of this. */
export function may({ role, roles }: Pick<Actor, 'role' | 'roles'>, act: Act): boolean {
  const allowed: readonly StaffRole[] = permissions[act]
  return (roles ?? (role === null ? [] : [role])).some(held => allowed.includes(held))
}

/** @throws AppError `forbidden`, with the least role that may */
export function requireAct(actor: Actor, act: Act): void {
  if (may(actor, act)) return

  const least = roleNames[permissions[act].at(-1) ?? 'admin']
  throw new AppError('forbidden', `this needs the role ${least}`, {
    remedy: `Ask an administrator of your Entra tenant to assign you ${least} on the enterprise app, then sign in again.`,
  })
}
