import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { Audit } from '../../audit/audit.ts'
import { AppError } from '../../errors.ts'
import type { IncidentCounts } from '../../incidents/model.ts'
import type { Queue } from '../../incidents/queue/queue.ts'
import { canonicalJson, storableJson } from '../../platform/storable.ts'
import type { CurrentAccessOf } from '../../staff/current-access.ts'
import type { Actor } from '../../tenants/actor.ts'
import { requireAct } from '../../tenants/permissions.ts'
import { type ChannelDeps, tellTest } from './channels/tell.ts'
import {
  countTests,
  createTest,
  findDeliveries,
  findLastDeliveries,
  findSeenTenants,
} from './delivery-store.ts'
import { toFilters } from './matcher.ts'
import {
  mostRulesPerOwner,
  type RuleConditions,
  type RuleDeliveryView,
  type RuleDraft,
  type RuleView,
} from './model.ts'
import { ownerOf } from './owner.ts'
import { readDraft } from './read-draft.ts'
import {
  countRulesOf,
  createRule,
  deleteRule,
  findNameableWebhooks,
  findRule,
  findRules,
  type RuleRecord,
  setEnabled,
  setOwner,
  updateRule,
  visibleIds,
} from './store.ts'
import { conditionsOf, toDelivery, toRule } from './view.ts'

export type Rules = ReturnType<typeof createRules>

export type RulesDeps = ChannelDeps & {
  audit: Audit
  queue: Pick<Queue, 'count'>
  currentAccessOf: CurrentAccessOf
  now?: () => Date
}

type Page = { limit?: number; cursor?: string | null }

const uuid = z.uuid()
const previewDays = 7
const mostTestsPerMinute = 10

/** Rules that tell of new incidents: each belongs to somebody, and sees what that person or key sees. */
export function createRules(deps: RulesDeps) {
  const { db, audit, queue, currentAccessOf, now = () => new Date() } = deps

  async function require(actor: Actor, id: string): Promise<RuleRecord> {
    requireAct(actor, 'rule.write')
    const rule = uuid.safeParse(id).success ? await findRule(db, actor, id) : null
    if (rule) return rule
    throw new AppError('not_found', 'there is no such rule', {
      remedy: 'Look it up in the list of rules; somebody may have removed it.',
    })
  }

  async function show(actor: Actor, records: RuleRecord[]): Promise<RuleView[]> {
    const chosen = records.flatMap(({ tenants }) => tenants.map(({ tenantId }) => tenantId))
    const [accessOf, last, seenTenants] = await Promise.all([
      currentAccessOf(records.map(({ ownerKind: kind, ownerId: id }) => ({ kind, id }))),
      findLastDeliveries(
        db,
        records.map(({ id }) => id),
      ),
      visibleIds(db, actor, chosen),
    ])
    const shown = await showDeliveries(actor, last)
    const lastOf = new Map(last.map(({ ruleId, id }) => [ruleId, shown.find(one => one.id === id) ?? null]))
    return records.map(record =>
      toRule(record, actor, {
        owner: ownerOf(record, accessOf.get(record.ownerId)),
        last: lastOf.get(record.id) ?? null,
        seenTenants,
      }),
    )
  }

  async function showDeliveries(actor: Actor, records: Awaited<ReturnType<typeof findDeliveries>>) {
    const ids = records.flatMap(({ items }) => items.map(({ tenantId }) => tenantId))
    const seen = await findSeenTenants(db, actor, ids)
    return records.map(record => toDelivery(record, seen))
  }

  async function get(actor: Actor, id: string): Promise<RuleView> {
    const [shown] = await show(actor, [await require(actor, id)])
    if (!shown) throw new AppError('not_found', 'there is no such rule')
    return shown
  }

  /** A draft that is right, and no wider than its owner may see. */
  async function check(actor: Actor, draft: RuleDraft): Promise<RuleDraft> {
    const read = readDraft(draft)
    const fields: Record<string, string> = {}
    if (Array.isArray(read.tenants)) {
      const visible = await visibleIds(db, actor, read.tenants)
      if (read.tenants.some(id => !visible.has(id)))
        fields.tenants = 'At least one of the chosen tenants does not exist'
    }
    const known = new Set((await findNameableWebhooks(db, actor)).map(({ id }) => id))
    if (read.targets.some(({ kind, address }) => kind === 'webhook' && !known.has(address)))
      fields.targets = 'At least one of the chosen webhooks does not exist'
    if (Object.keys(fields).length === 0) return read
    throw new AppError('not_found', Object.values(fields).join('; '), { details: { fields } })
  }

  return {
    get,

    /** Newest first: one's own; for administrators who see every tenant, all. @throws AppError `forbidden`, `invalid` */
    async list(actor: Actor, page: Page = {}): Promise<{ items: RuleView[]; nextCursor: string | null }> {
      requireAct(actor, 'rule.write')
      const limit = limitOf(page)
      const records = await findRules(db, actor, cursorOf(page), limit + 1)
      const items = await show(actor, records.slice(0, limit))
      return { items, nextCursor: records.length > limit ? (items.at(-1)?.id ?? null) : null }
    },

    /** Webhooks that the actor may choose as targets, by name. */
    async webhooks(actor: Actor) {
      requireAct(actor, 'rule.write')
      return await findNameableWebhooks(db, actor)
    },

    /** What the conditions find among incidents created in the last seven days. @throws AppError `invalid` with `fields` */
    async preview(
      actor: Actor,
      conditions: RuleConditions,
    ): Promise<{ matches: number; isExact: boolean; days: number }> {
      requireAct(actor, 'rule.write')
      const createdSince = new Date(now().getTime() - previewDays * 86_400_000).toISOString()
      const { total, isExact }: IncidentCounts = await queue.count(actor, {
        ...toFilters(conditions),
        createdSince,
      })
      return { matches: total, isExact, days: previewDays }
    },

    /** @throws AppError `forbidden`, `not_found`, `invalid` with `fields`, `conflict` for too many rules */
    async create(actor: Actor, draft: RuleDraft): Promise<RuleView> {
      requireAct(actor, 'rule.write')
      const checked = await check(actor, draft)
      if ((await countRulesOf(db, actor.id)) >= mostRulesPerOwner) {
        throw new AppError('conflict', `nobody has more than ${mostRulesPerOwner} rules`, {
          remedy: 'Remove one that is not needed any more.',
        })
      }
      const id = await db.$transaction(async tx => {
        const made = await createRule(tx, checked, actor, now())
        await audit.record({ actor, action: 'rule.created', target: made, detail: detailOf(checked) }, tx)
        return made
      })
      return get(actor, id)
    },

    /**
     * Whoever changes a rule is its owner from then on. With other conditions
     * only incidents created from now on are told.
     *
     * @throws AppError as `create`
     */
    async change(actor: Actor, id: string, draft: RuleDraft): Promise<RuleView> {
      const before = await require(actor, id)
      const checked = await check(actor, draft)
      const isSame = before.ownerId === actor.id && keyOf(conditionsOf(before)) === keyOf(checked)
      await db.$transaction(async tx => {
        await updateRule(tx, before, checked, actor, isSame ? before.activeSince : now())
        await audit.record(
          { actor, action: 'rule.changed', target: before.id, detail: detailOf(checked) },
          tx,
        )
      })
      return get(actor, before.id)
    },

    /** A paused rule tells nothing, not even later. @throws AppError `forbidden`, `not_found` */
    async setEnabled(actor: Actor, id: string, enabled: boolean): Promise<RuleView> {
      const rule = await require(actor, id)
      await db.$transaction(async tx => {
        const isResumed = enabled && !rule.enabled
        await setEnabled(tx, rule.id, enabled, isResumed ? now() : rule.activeSince)
        const action = enabled ? 'rule.resumed' : 'rule.paused'
        await audit.record({ actor, action, target: rule.id, detail: { name: rule.name } }, tx)
      })
      return get(actor, rule.id)
    },

    /** For administrators: it sees what the actor sees from then on. @throws AppError `forbidden`, `not_found` */
    async takeOver(actor: Actor, id: string): Promise<RuleView> {
      requireAct(actor, 'rule.manage')
      const rule = await require(actor, id)
      await db.$transaction(async tx => {
        await setOwner(tx, rule.id, actor, now())
        const detail = { name: rule.name, before: rule.owner }
        await audit.record({ actor, action: 'rule.taken-over', target: rule.id, detail }, tx)
      })
      return get(actor, rule.id)
    },

    async remove(actor: Actor, id: string): Promise<void> {
      const rule = await require(actor, id)
      await db.$transaction(async tx => {
        await deleteRule(tx, rule.id)
        await audit.record(
          { actor, action: 'rule.removed', target: rule.id, detail: { name: rule.name } },
          tx,
        )
      })
    },

    /**
     * Sends a trial to one target, also in the quiet time, and waits for what the channel says.
     *
     * @throws AppError `forbidden`, `not_found`, `too_many_requests`
     */
    async test(actor: Actor, id: string, targetId: string): Promise<RuleDeliveryView> {
      const rule = await require(actor, id)
      const target = rule.targets.find(one => one.id === targetId)
      if (!target) throw new AppError('not_found', 'the rule has no such target')
      if ((await countTests(db, rule.id, new Date(now().getTime() - 60_000))) >= mostTestsPerMinute) {
        throw new AppError('too_many_requests', 'this rule was tried often within a minute', {
          remedy: 'Wait a minute.',
        })
      }
      const outcome = await tellTest(deps, {
        target,
        rule,
        by: actor,
        id: `test.${randomUUID()}`,
        now: now(),
      })
      const testId = await createTest(db, { ruleId: rule.id, targetId, outcome, now: now() })
      const detail = { name: rule.name, kind: target.kind, failure: outcome.failure?.code ?? null }
      const result = outcome.isDelivered ? 'ok' : 'failed'
      await audit.record({ actor, action: 'rule.tested', target: rule.id, result, detail })
      const records = await findDeliveries(db, { ruleId: rule.id }, 20)
      const [shown] = await showDeliveries(
        actor,
        records.filter(one => one.id === testId),
      )
      if (!shown) throw new AppError('not_found', 'the rule was removed meanwhile')
      return shown
    },

    /** Newest first. @throws AppError `forbidden`, `not_found`, `invalid` */
    async deliveries(
      actor: Actor,
      id: string,
      page: Page & { status?: RuleDeliveryView['status'] | undefined } = {},
    ): Promise<{ items: RuleDeliveryView[]; nextCursor: string | null }> {
      const rule = await require(actor, id)
      const limit = limitOf(page)
      const where = { ruleId: rule.id, before: cursorOf(page), status: page.status }
      const records = await findDeliveries(db, where, limit + 1)
      const items = await showDeliveries(actor, records.slice(0, limit))
      return { items, nextCursor: records.length > limit ? (items.at(-1)?.id ?? null) : null }
    },
  }
}

/** For the audit: what is told where, without the tenants' names. */
function detailOf({ name, severities, product, words, tenants, quiet, targets }: RuleDraft) {
  return { name, severities, product, words, tenants, quiet, targets }
}

function keyOf({ severities, product, words, tenants }: RuleConditions): string {
  const sorted = Array.isArray(tenants) ? tenants.toSorted() : tenants
  return canonicalJson(storableJson([severities.toSorted(), product, words, sorted]))
}

function limitOf({ limit = 50 }: Page): number {
  return Math.min(Math.max(limit, 1), 200)
}

/** @throws AppError `invalid` */
function cursorOf({ cursor = null }: Page): string | null {
  if (cursor === null || uuid.safeParse(cursor).success) return cursor
  throw new AppError('invalid', '"cursor" is not one that this list gave')
}
