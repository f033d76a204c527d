import type { EntityView, IncidentDetail } from '../../../incidents/model.ts'
import type { Elsewhere } from '../../../incidents/queue/elsewhere-store.ts'
import { queueHref } from './queue/queue-address.ts'
import { suggestedHunt } from './suggested-hunts.ts'

const kindLabels: Record<string, string> = {
  host: 'Hosts',
  device: 'Device ids',
  user: 'Users',
  ip: 'IP addresses',
  hash: 'File hashes',
  url: 'URLs',
  domain: 'Domains',
  mailbox: 'Mailboxes',
  sender: 'Senders',
  file: 'Files',
  process: 'Command lines',
}

/** One thing in the evidence, with where a click leads. */
export type EvidenceItem = {
  label: string
  /** Its page, where it has one. */
  href: string | null
  /** The queue of every incident that names it. */
  queueHref: string
  /** `2 more here, 3 other tenants`; null when it is seen nowhere else. */
  elsewhere: string | null
  /** Fills a hunt for it in this tenant; null for kinds that no table is searched by. */
  huntHref: string | null
}

export type EvidenceGroup = { kind: string; label: string; items: EvidenceItem[] }

/** The evidence of an incident by kind, in the order of the labels. */
export function evidenceOf(incident: IncidentDetail, elsewhere: Elsewhere[]): EvidenceGroup[] {
  const seen = new Map(elsewhere.map(one => [`${one.kind} ${one.value}`, one]))
  const devices = incident.entities.filter(({ kind }) => kind === 'device')
  const toItem = (entity: EntityView): EvidenceItem => ({
    label: entity.label,
    href: pageOf(incident.tenantId, entity, devices),
    queueHref: queueHref({ entity: `${entity.kind}:${entity.value}`, status: ['all'] }),
    elsewhere: elsewhereWords(seen.get(`${entity.kind} ${entity.value}`)),
    huntHref: suggestedHunt(incident.tenantId, entity),
  })
  // A device id is a link behind the host's name, not something to read.
  return Object.entries(kindLabels).flatMap(([kind, label]) => {
    const items = incident.entities.filter(entity => entity.kind === kind && kind !== 'device').map(toItem)
    return items.length > 0 ? [{ kind, label, items }] : []
  })
}

function pageOf(tenantId: string, { kind, label }: EntityView, devices: EntityView[]): string | null {
  if (kind !== 'host') return null
  const [only, ...others] = devices
  if (only && others.length === 0) return `/tenants/${tenantId}/devices/${encodeURIComponent(only.value)}`
  return `/tenants/${tenantId}/devices?search=${encodeURIComponent(label)}`
}

function elsewhereWords(found: Elsewhere | undefined): string | null {
  if (!found) return null
  const { sameTenant, otherTenants } = found
  const words = [
    sameTenant > 0 ? `${sameTenant} more here` : '',
    otherTenants > 0 ? `${otherTenants} other ${otherTenants === 1 ? 'tenant' : 'tenants'}` : '',
  ].filter(word => word !== '')
  return words.length > 0 ? words.join(', ') : null
}
