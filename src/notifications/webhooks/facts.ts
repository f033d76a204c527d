import type { NotificationEvent, ToldIncident } from '../event.ts'

export type Fact = { label: string; value: string }

/** Tenants named in a message that people read; the page names them all. */
const mostNamed = 12

/** What a message that people read says beside its summary. */
export function factsOf(event: NotificationEvent): Fact[] {
  switch (event.type) {
    case 'schedule.findings': {
      const { tenants, coverage, query } = event
      const named = tenants
        .slice(0, mostNamed)
        .map(({ name, newRows }) => `${name} (${newRows.toLocaleString('en')})`)
      const more = tenants.length - named.length
      const cut = coverage.truncated > 0 ? `; ${coverage.truncated} answers were cut` : ''
      return [
        { label: 'Query', value: query.name },
        { label: 'Tenants', value: [...named, ...(more > 0 ? [`and ${more} more`] : [])].join(', ') },
        {
          label: 'Answered',
          value: `${coverage.answered} of ${coverage.asked}${coverage.failed > 0 ? `; ${coverage.failed} could not be looked at` : ''}${cut}`,
        },
      ]
    }
    case 'schedule.failed': {
      const { problem } = event
      return [
        { label: 'Why', value: problem.message },
        ...(problem.remedy ? [{ label: 'What to do', value: problem.remedy }] : []),
      ]
    }
    case 'incident.created':
    case 'incident.updated':
      return incidentFacts(event.incident, event.rule.name)
    case 'incident.digest': {
      const { incidents, total, rule } = event
      const named = incidents.slice(0, mostNamed).map(({ severity, title, tenantName }) => ({
        label: inWords(severity),
        value: `${title} · ${tenantName}`,
      }))
      const more = total - named.length
      const rest = more > 0 ? [{ label: 'And', value: `${more.toLocaleString('en')} more` }] : []
      return [...named, ...rest, { label: 'Rule', value: rule.name }]
    }
    case 'tenant.disconnected':
    case 'tenant.degraded': {
      const { problem, rolesMissing } = event
      return [
        { label: 'Why', value: problem.message },
        ...(problem.serviceCode ? [{ label: 'Microsoft’s code', value: problem.serviceCode }] : []),
        ...(problem.remedy ? [{ label: 'What to do', value: problem.remedy }] : []),
        ...(rolesMissing.length > 0 ? [{ label: 'Not granted', value: rolesMissing.join(', ') }] : []),
      ]
    }
    case 'invitation.confirming':
      return [
        { label: 'Signed in', value: event.signedIn },
        { label: 'Tenant', value: event.tenantId },
        { label: 'What to do', value: 'Confirm or refuse on the page of the invitation.' },
      ]
    case 'credential.expiring':
    case 'credential.expired':
      return [{ label: 'Expires', value: event.expiresAt }]
    case 'audit.broken':
      return [
        { label: 'First event', value: event.firstBroken.id },
        { label: 'Why', value: inWords(event.firstBroken.reason.replaceAll('_', ' ')) },
        {
          label: 'What to do',
          value: 'Find out who reached the database. docs/audit.md says what each reason means.',
        },
      ]
    case 'suspension.started':
    case 'suspension.ended':
      return [
        { label: 'What', value: event.tenant?.name ?? 'Everything' },
        { label: 'By', value: event.by },
        { label: 'Why', value: event.reason },
      ]
    case 'approval.requested':
      return [
        { label: 'Asked by', value: event.approval.askedBy },
        { label: 'Until', value: event.approval.expiresAt },
      ]
    case 'tenant.connected':
    case 'test':
      return []
  }
}

/** What a message says of an incident beside its title. */
export function incidentFacts(incident: ToldIncident, ruleName: string): Fact[] {
  const { tenantName, incidentId, severity, status, assignedTo, products, alertCount, createdAt } = incident
  return [
    { label: 'Tenant', value: tenantName },
    { label: 'Incident', value: incidentId },
    { label: 'Severity', value: inWords(severity) },
    { label: 'Status', value: inWords(status) },
    { label: 'Assigned to', value: assignedTo ?? 'nobody' },
    ...(products.length > 0 ? [{ label: 'Product', value: products.map(productInWords).join(', ') }] : []),
    ...(alertCount === null ? [] : [{ label: 'Alerts', value: alertCount.toLocaleString('en') }]),
    { label: 'Created', value: `${createdAt.slice(0, 16).replace('T', ' ')} UTC` },
    { label: 'Rule', value: ruleName },
  ]
}

/** A member of Microsoft's enumerations as people read it: `inProgress` becomes "In progress". */
export function inWords(member: string): string {
  const words = member.replace(/(?<=\p{Ll}|\d)(?=\p{Lu})/gu, ' ').toLowerCase()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** `microsoftDefenderForOffice365` becomes "Microsoft Defender for Office 365". */
function productInWords(product: string): string {
  const words = product
    .replace(/(?<=\p{Ll}|\d)(?=\p{Lu})|(?<=\p{L})(?=\d)/gu, ' ')
    .replaceAll(' For ', ' for ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
