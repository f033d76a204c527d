import type { Transaction } from '../../audit/store.ts'
import type { Prisma } from '../../generated/prisma/client.ts'
import type { Database } from '../../platform/database/index.ts'
import { type Actor, isLimited, visibleTo } from '../../tenants/actor.ts'
import { may } from '../../tenants/permissions.ts'
import type { RuleDraft, TargetDraft } from './model.ts'
import { minutesOf } from './quiet-time.ts'

type Connection = Database | Transaction

const include = {
  tenants: { select: { tenantId: true } },
  targets: { include: { webhook: true }, orderBy: [{ kind: 'asc' }, { address: 'asc' }] },
} as const satisfies Prisma.NotificationRuleInclude

export type RuleRecord = Prisma.NotificationRuleGetPayload<{ include: typeof include }>
export type TargetRecord = RuleRecord['targets'][number]

/**
 * Rules that the actor may know of: their own. Who sees every tenant and
 * manages rules knows all of them; others would learn of tenants from them.
 */
function knownTo(actor: Actor): Prisma.NotificationRuleWhereInput {
  return may(actor, 'rule.manage') && !isLimited(actor) ? {} : { ownerId: actor.id }
}

export function findRules(
  db: Connection,
  actor: Actor,
  before: string | null,
  limit: number,
): Promise<RuleRecord[]> {
  return db.notificationRule.findMany({
    where: { AND: [knownTo(actor), before ? { id: { lt: before } } : {}] },
    orderBy: { id: 'desc' },
    take: limit,
    include,
  })
}

export function findRule(db: Connection, actor: Actor, id: string): Promise<RuleRecord | null> {
  return db.notificationRule.findFirst({ where: { AND: [{ id }, knownTo(actor)] }, include })
}

export function findEnabledRules(db: Connection): Promise<RuleRecord[]> {
  return db.notificationRule.findMany({ where: { enabled: true }, include })
}

export function countRulesOf(db: Connection, ownerId: string): Promise<number> {
  return db.notificationRule.count({ where: { ownerId } })
}

function columnsOf({ name, severities, product, words, tenants, timeZone, quiet }: RuleDraft) {
  const scope = tenants === 'all' ? 'all' : Array.isArray(tenants) ? 'chosen' : 'tag'
  return {
    name,
    severities,
    product,
    words,
    scope,
    tag: tenants !== 'all' && !Array.isArray(tenants) ? tenants.tag : null,
    timeZone,
    quietFrom: quiet ? minutesOf(quiet.from) : null,
    quietUntil: quiet ? minutesOf(quiet.until) : null,
    quietExceptHigh: quiet?.exceptHigh ?? true,
  }
}

const ownerColumns = ({ kind, id, label }: Actor) => ({ ownerKind: kind, ownerId: id, owner: label })

const targetColumns = ({ kind, address }: TargetDraft) => ({
  kind,
  address,
  webhookId: kind === 'webhook' ? address : null,
})

const chosenOf = ({ tenants }: RuleDraft) =>
  (Array.isArray(tenants) ? tenants : []).map(tenantId => ({ tenantId }))

export async function createRule(
  tx: Transaction,
  draft: RuleDraft,
  actor: Actor,
  now: Date,
): Promise<string> {
  const { id } = await tx.notificationRule.create({
    data: {
      ...columnsOf(draft),
      ...ownerColumns(actor),
      activeSince: now,
      tenants: { createMany: { data: chosenOf(draft) } },
      targets: { createMany: { data: draft.targets.map(targetColumns) } },
    },
    select: { id: true },
  })
  return id
}

/** Targets that stay keep their rows, and with them what they were told. */
export async function updateRule(
  tx: Transaction,
  before: RuleRecord,
  draft: RuleDraft,
  actor: Actor,
  activeSince: Date,
): Promise<void> {
  const isKept = (target: TargetRecord) =>
    draft.targets.some(({ kind, address }) => kind === target.kind && address === target.address)
  await tx.notificationTarget.deleteMany({
    where: {
      ruleId: before.id,
      id: { in: before.targets.filter(target => !isKept(target)).map(({ id }) => id) },
    },
  })
  await tx.notificationTarget.createMany({
    data: draft.targets.map(target => ({ ...targetColumns(target), ruleId: before.id })),
    skipDuplicates: true,
  })
  await tx.notificationRuleTenant.deleteMany({ where: { ruleId: before.id } })
  await tx.notificationRule.update({
    where: { id: before.id },
    data: {
      ...columnsOf(draft),
      ...ownerColumns(actor),
      activeSince,
      tenants: { createMany: { data: chosenOf(draft) } },
    },
  })
}

export async function setEnabled(
  tx: Transaction,
  id: string,
  enabled: boolean,
  activeSince: Date,
): Promise<void> {
  await tx.notificationRule.update({ where: { id }, data: { enabled, activeSince } })
}

/** @param activeSince what its new owner sees more of is not told at once */
export async function setOwner(tx: Transaction, id: string, actor: Actor, activeSince: Date): Promise<void> {
  await tx.notificationRule.update({ where: { id }, data: { ...ownerColumns(actor), activeSince } })
}

export async function deleteRule(tx: Transaction, id: string): Promise<void> {
  await tx.notificationRule.deleteMany({ where: { id } })
}

/** Those of these tenants that the actor may see. */
export async function visibleIds(
  db: Connection,
  actor: Pick<Actor, 'tenants'>,
  ids: readonly string[],
): Promise<Set<string>> {
  const rows = await db.tenant.findMany({
    where: { AND: [visibleTo(actor), { id: { in: [...ids] } }] },
    select: { id: true },
  })
  return new Set(rows.map(({ id }) => id))
}

/**
 * Webhooks that the actor may name in a rule: those about every tenant, and
 * those of a tag that the actor is limited to. Their names may tell of others.
 */
export function findNameableWebhooks(db: Connection, actor: Actor) {
  const { tenants } = actor
  return db.webhook.findMany({
    where:
      tenants === 'all'
        ? {}
        : {
            OR: [
              { limitedToTags: { isEmpty: true }, limitedToIds: { isEmpty: true } },
              { limitedToTags: { hasSome: [...tenants.tags] } },
              { limitedToIds: { hasSome: [...tenants.ids] } },
            ],
          },
    orderBy: [{ name: 'asc' }, { id: 'asc' }],
    select: { id: true, name: true, format: true, enabled: true },
  })
}
