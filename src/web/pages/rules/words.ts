import type { RuleConditions, RuleDeliveryView, RuleView } from '../../../notifications/rules/model.ts'
import { formats } from '../../formats.ts'
import { productName } from '../incidents/words.ts'

/** What a rule tells of, as one line. */
export function conditionWords({ severities, product, words, tenants }: RuleConditions): string {
  return [
    severities.length === 0 ? 'Any severity' : sentence(severities.join(', ')),
    ...(product === null ? [] : [productName(product)]),
    ...(words === null ? [] : [`“${words}” in the title`]),
    tenantWords(tenants),
  ].join(' · ')
}

function tenantWords(tenants: RuleConditions['tenants']): string {
  if (tenants === 'all') return 'all tenants'
  return Array.isArray(tenants)
    ? formats.count(tenants.length, 'chosen tenant')
    : `tenants tagged ${tenants.tag}`
}

export function ruleBadge({ enabled, problem }: RuleView): { state: string; text: string } {
  if (!enabled) return { state: 'offboarded', text: 'Paused' }
  return problem ? { state: 'failed', text: 'Owner gone' } : { state: 'active', text: 'On' }
}

export function deliveryBadge({ status, attempts, nextAttemptAt }: RuleDeliveryView, now: Date) {
  const waits = nextAttemptAt !== null && Date.parse(nextAttemptAt) > now.getTime()
  const pending = attempts > 0 ? 'Tried again' : waits ? 'Waits' : 'On its way'
  return {
    delivered: { state: 'done', text: 'Delivered' },
    pending: { state: 'pending', text: pending },
    failed: { state: 'failed', text: 'Failed' },
    dropped: { state: 'canceled', text: 'Nothing to tell' },
  }[status]
}

/** What a message is about; its link. */
export function deliverySubject({ kind, incidents, incidentCount }: RuleDeliveryView): {
  text: string
  href: string | null
} {
  const [first] = incidents
  if (kind === 'test') return { text: 'Test', href: null }
  if (!first) return { text: 'Incidents that are not here any more', href: null }
  if (incidentCount > 1) return { text: `Digest of ${formats.count(incidentCount, 'incident')}`, href: null }
  return { text: `${first.title} · ${first.tenantName}`, href: `/incidents/${encodeURIComponent(first.id)}` }
}

/** What a test came to, for the message on the next page. */
export function testWords({ status, target, answer, failure, durationMs }: RuleDeliveryView) {
  const took = durationMs ? ` after ${formats.duration(durationMs)}` : ''
  if (status === 'delivered') {
    const said = answer ? `: ${answer}` : ''
    return { kind: 'success' as const, text: `${target.label} took the test message${took}${said}` }
  }
  const words = [failure?.message ?? 'no answer', failure?.remedy ?? ''].filter(Boolean).join(' ')
  return { kind: 'danger' as const, text: `${target.label} did not take the test message${took}. ${words}` }
}

function sentence(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1)
}
