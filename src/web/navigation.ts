import type { Actor } from '../tenants/actor.ts'
import { type Act, may } from '../tenants/permissions.ts'
import type { Section } from './types.ts'

export type NavigationEntry = { href: string; label: string; icon: string; section: Section; act: Act }

const entry = (section: Section, label: string, icon: string, act: Act): NavigationEntry => ({
  href: section === 'dashboard' ? '/' : `/${section}`,
  label,
  icon,
  section,
  act,
})

const navigation = [
  entry('dashboard', 'Dashboard', 'dashboard', 'tenant.read'),
  entry('incidents', 'Incidents', 'incidents', 'incident.read'),
  entry('sightings', 'Sightings', 'sightings', 'incident.read'),
  entry('hunts', 'Hunts', 'hunts', 'hunt.read'),
  entry('library', 'Library', 'library', 'query.read'),
  entry('schedules', 'Schedules', 'calendar', 'schedule.read'),
  entry('tenants', 'Tenants', 'tenants', 'tenant.read'),
  entry('invitations', 'Invitations', 'invitations', 'invitation.read'),
  entry('readiness', 'Readiness', 'readiness', 'tenant.read'),
  entry('notifications', 'Notifications', 'bell', 'notification.read'),
  entry('approvals', 'Approvals', 'check', 'approval.read'),
  entry('audit', 'Audit', 'audit', 'audit.read'),
  entry('settings', 'Settings', 'settings', 'settings.read'),
]

/**
 * The pages that somebody may open, in the order of the menu.
 *
 * @param hasApprovals whether some act needs a second person
 */
export function navigationFor(actor: Actor | null, hasApprovals = true): NavigationEntry[] {
  return navigation.filter(
    ({ act, section }) => actor !== null && may(actor, act) && (section !== 'approvals' || hasApprovals),
  )
}
