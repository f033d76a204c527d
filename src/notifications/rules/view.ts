import { readStoredFailure } from '../../errors.ts'
import type { Actor } from '../../tenants/actor.ts'
import { formatOf } from '../webhooks/deliveries.ts'
import type { DeliveryRecord } from './delivery-store.ts'
import {
  deliveryStatuses,
  type QuietTime,
  type RuleConditions,
  type RuleDeliveryView,
  type RuleSeverity,
  type RuleView,
  severities,
  type TargetDraft,
  type TargetView,
} from './model.ts'
import type { RuleOwner } from './owner.ts'
import { writeMinutes } from './quiet-time.ts'
import type { RuleRecord, TargetRecord } from './store.ts'

export function conditionsOf(rule: RuleRecord): RuleConditions {
  const { product, words, scope, tag, tenants } = rule
  return {
    severities: rule.severities.filter((one): one is RuleSeverity =>
      (severities as readonly string[]).includes(one),
    ),
    product,
    words,
    tenants:
      scope === 'all'
        ? 'all'
        : scope === 'tag'
          ? { tag: tag ?? '' }
          : tenants.map(({ tenantId }) => tenantId),
  }
}

export function quietOf({ quietFrom, quietUntil, quietExceptHigh }: RuleRecord): QuietTime | null {
  if (quietFrom === null || quietUntil === null) return null
  return { from: writeMinutes(quietFrom), until: writeMinutes(quietUntil), exceptHigh: quietExceptHigh }
}

export function toTarget(target: TargetRecord): TargetView {
  const { id, kind, address, webhook } = target
  const draft = { kind, address } as TargetDraft
  if (draft.kind === 'console') {
    return {
      ...draft,
      id,
      label: draft.address === 'owner' ? 'Console (owner)' : 'Console (everyone)',
      format: null,
    }
  }
  return { ...draft, id, label: webhook?.name ?? address, format: webhook ? formatOf(webhook) : null }
}

/** @param seenTenants chosen tenants that the actor may see; others are left out */
export function toRule(
  record: RuleRecord,
  actor: Actor,
  {
    owner,
    last,
    seenTenants,
  }: { owner: RuleOwner; last: RuleDeliveryView | null; seenTenants: ReadonlySet<string> },
): RuleView {
  const conditions = conditionsOf(record)
  const { tenants } = conditions
  return {
    id: record.id,
    name: record.name,
    ...conditions,
    tenants: Array.isArray(tenants) ? tenants.filter(id => seenTenants.has(id)) : tenants,
    timeZone: record.timeZone,
    quiet: quietOf(record),
    targets: record.targets.map(toTarget),
    enabled: record.enabled,
    owner: record.owner,
    isOwn: record.ownerId === actor.id,
    activeSince: record.activeSince.toISOString(),
    createdAt: record.createdAt.toISOString(),
    updatedAt: record.updatedAt.toISOString(),
    problem: record.enabled ? owner.problem : null,
    lastDelivery: last,
  }
}

const shownIncidents = 5

/** @param seen ids of tenants that the actor may see, with their names */
export function toDelivery(record: DeliveryRecord, seen: ReadonlyMap<string, string>): RuleDeliveryView {
  const items = record.items.filter(({ tenantId }) => seen.has(tenantId))
  return {
    id: record.id,
    kind: record.kind as RuleDeliveryView['kind'],
    status: deliveryStatuses.find(status => status === record.status) ?? 'dropped',
    target: toTarget(record.target),
    incidents: items.slice(0, shownIncidents).map(({ tenantId, incidentId, title }) => ({
      id: `${tenantId}:${incidentId}`,
      title: title ?? `Incident ${incidentId}`,
      tenantName: seen.get(tenantId) ?? '',
    })),
    incidentCount: items.length,
    revision: record.revision,
    attempts: record.attempts,
    nextAttemptAt: record.status === 'pending' ? (record.nextAttemptAt?.toISOString() ?? null) : null,
    answer: record.answer,
    failure: readStoredFailure(record.failure),
    durationMs: record.durationMs,
    createdAt: record.createdAt.toISOString(),
    deliveredAt: record.deliveredAt?.toISOString() ?? null,
  }
}
