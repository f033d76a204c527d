import type { AuditEventView } from '../../../audit/audit-view.ts'
import { deviceActionNames } from '../../../tenants/event-words.ts'

/** What a customer reads of one event. */
export type ActivityLine = {
  at: string
  who: string
  what: string
  more: string | null
  result: string | null
}

type Detail = Record<string, unknown>
type Words = (event: AuditEventView, detail: Detail) => { what: string; more?: string | null }

const roles: Record<string, string> = {
  admin: 'administrator',
  analyst: 'analyst',
  responder: 'responder',
  reader: 'reader',
}

const incidentOf = ({ target }: AuditEventView): string => `incident ${target?.split(':').at(-1) ?? ''}`
const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)

/** `status: active → resolved`, line by line. */
function changeOf({ from, to }: Detail): string | null {
  const [before, after] = [(from ?? {}) as Detail, (to ?? {}) as Detail]
  const lines = Object.entries(after).map(([name, value]) => {
    // Names of staff stay with the partner.
    if (name === 'assignedTo') return value ? 'assigned to somebody' : 'assigned to nobody'
    return `${name}: ${shown(before[name])} → ${shown(value)}`
  })
  return lines.length > 0 ? lines.join(', ') : null
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.join(', ') || 'none'
  return value === null || value === undefined || value === '' ? 'none' : String(value)
}

const device: Words = ({ target }, detail) => ({
  what: `${deviceActionNames[String(detail.type)] ?? 'Action'}: device ${target ?? ''}`,
  more: textOf(detail.comment) ?? (textOf(detail.status) && `result: ${detail.status}`),
})

/** Each action that a customer is told of; what is not here is about the partner's own console. */
const words: Record<string, Words> = {
  'consent.started': () => ({ what: 'Opened the request for consent at Microsoft' }),
  'consent.declined': () => ({ what: 'Declined the consent' }),
  'consent.failed': () => ({ what: 'The consent did not succeed' }),
  'consent.proven': () => ({ what: 'Gave the consent' }),
  'consent.awaiting_confirmation': () => ({
    what: 'Signed in to prove the consent, which waits for a confirmation',
  }),
  'consent.confirmed': () => ({ what: 'Confirmed the consent' }),
  'consent.not_confirmed': () => ({ what: 'Refused the consent' }),
  'invitation.connected_directly': () => ({ what: 'Connected your tenant, which had consented before' }),
  'tenant.connected': () => ({ what: 'Found the connection complete' }),
  'tenant.degraded': () => ({ what: 'Found that permissions are missing' }),
  'tenant.disconnected': () => ({ what: 'Found the connection ended' }),
  'tenant.verified_on_demand': () => ({ what: 'Checked the connection' }),
  'tenant.suspended': () => ({ what: 'Stopped all access to your tenant' }),
  'tenant.resumed': () => ({ what: 'Allowed access to your tenant again' }),
  'incident.read': event => ({ what: `Looked at ${incidentOf(event)}` }),
  'incident.updated': (event, detail) => ({
    what: `Changed ${incidentOf(event)}${textOf(detail.title) ? ` (${detail.title})` : ''}`,
    more: [changeOf(detail), textOf(detail.comment) && `comment: ${detail.comment}`]
      .filter(Boolean)
      .join('; '),
  }),
  'device.action_requested': device,
  'device.action_finished': device,
  'report.exported': (_event, detail) => ({
    what: `Saved the report of ${textOf(detail.month) ?? 'a month'}`,
  }),
  'device.package_opened': () => ({ what: 'Opened an investigation package' }),
  'token.taken': () => ({ what: 'Requested an access token for your tenant by hand' }),
  'hunt.created': (_event, detail) => ({
    what: `Searched your security data${textOf(detail.name) ? `: ${detail.name}` : ''}`,
    more: textOf(detail.query),
  }),
}

/** Actions about one tenant that a customer is told of. */
export const activityActions = Object.keys(words).filter(action => action !== 'hunt.created')

/** @param partnerName as settings have it: people of the partner are not named */
export function activityLine(event: AuditEventView, partnerName: string): ActivityLine {
  const detail = (event.detail ?? {}) as Detail
  const { what, more = null } = words[event.action]?.(event, detail) ?? { what: event.action }
  const results: Record<string, string> = { refused: 'Refused', failed: 'Failed' }
  return {
    at: event.at,
    who: whoOf(event, partnerName),
    what,
    more: more || null,
    result: results[event.result] ?? null,
  }
}

function whoOf({ actor }: AuditEventView, partnerName: string): string {
  switch (actor.kind) {
    case 'staff': {
      const role = actor.role ? roles[actor.role] : undefined
      return `The staff of ${partnerName}${role ? ` (${role})` : ''}`
    }
    case 'customer':
      return 'Your organization'
    case 'api-key':
      return `A program of ${partnerName}`
    default:
      return `${partnerName}, automatically`
  }
}
