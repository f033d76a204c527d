import { AppError } from '../../errors.ts'
import { writeIncidentId } from '../../incidents/incident-id.ts'
import type { IncidentView } from '../../incidents/model.ts'
import type { Queue } from '../../incidents/queue/queue.ts'
import type { Database } from '../../platform/database/index.ts'
import { storableText } from '../../platform/storable.ts'
import type { CurrentAccessOf } from '../../staff/current-access.ts'
import type { Actor } from '../../tenants/actor.ts'
import { createNotification } from '../store.ts'
import { pausesSeconds } from '../webhooks/deliveries.ts'
import { webhookLimits } from '../webhooks/store.ts'
import { type ChannelDeps, tell } from './channels/tell.ts'
import {
  claim,
  type DueDelivery,
  deleteOld,
  failedBefore,
  findDelivery,
  findItems,
  findOverdue,
  finish,
  type ItemRecord,
  noteTold,
  postpone,
  recordTry,
} from './delivery-store.ts'
import { findStates, reopen } from './match-store.ts'
import { stateOf } from './messages.ts'
import { updatePauseSeconds } from './model.ts'
import { ownerOf } from './owner.ts'
import { quietUntil } from './quiet-time.ts'
import { visibleIds } from './store.ts'
import { quietOf, toTarget } from './view.ts'

/** A try that has not ended after so long died with its process. */
const lostAfterMs = 60_000
const keepDays = 60
const listedAtOnce = 200

export type DeliverDeps = ChannelDeps & {
  db: Database
  queue: Pick<Queue, 'get' | 'list'>
  currentAccessOf: CurrentAccessOf
  /** Has `attempt` called. */
  enqueue: (deliveryId: string, afterSeconds: number) => Promise<void>
  now?: () => Date
}

export type RuleDeliveries = ReturnType<typeof createRuleDeliveries>

/**
 * Messages of rules: rows first, then tries until one is accepted. What a
 * message says, and whether the owner of its rule may see it, is looked up when
 * it is sent.
 */
export function createRuleDeliveries(deps: DeliverDeps) {
  const { db, queue, currentAccessOf, enqueue, now = () => new Date() } = deps

  /** Tries a message once, if it is due. At least once: a receiver tells repeats by their id. */
  async function attempt(id: string): Promise<void> {
    const delivery = await findDelivery(db, id)
    if (delivery?.status !== 'pending') return
    const { rule } = delivery
    if (!(await claim(db, delivery, now(), new Date(now().getTime() + lostAfterMs)))) return

    const access = await currentAccessOf([{ kind: rule.ownerKind, id: rule.ownerId }])
    const { actor, problem } = ownerOf(rule, access.get(rule.ownerId))
    if (!rule.enabled || !actor) {
      const status = rule.enabled ? 'failed' : 'dropped'
      return await finish(db, id, { status, failure: rule.enabled ? problem : null, finishedAt: now() })
    }
    const items = await findItems(db, id)
    const incidents = await visibleIncidents(delivery, actor, items)
    const [first] = incidents
    const isUpdate = delivery.revision > 0
    const item = items[0]
    const nothing = { failure: null, finishedAt: now() }
    if (!first || !item)
      return await finish(db, id, { ...nothing, status: isUpdate ? 'delivered' : 'dropped' })
    if (isUpdate && stateOf(first) === item.toldState)
      return await finish(db, id, { ...nothing, status: 'delivered' })

    const isExempt = rule.quietExceptHigh && incidents.some(({ severity }) => severity === 'high')
    const quiet =
      delivery.target.kind === 'console' || isExempt ? null : quietUntil(quietOf(rule), rule.timeZone, now())
    if (quiet) {
      await postpone(db, delivery, quiet)
      return await enqueue(id, secondsUntil(quiet))
    }
    await send(delivery, incidents, item)
  }

  async function send(delivery: DueDelivery, incidents: IncidentView[], item: ItemRecord): Promise<void> {
    const { id, rule, target } = delivery
    const revision = delivery.revision + 1
    const told = await tell(deps, {
      delivery,
      target,
      rule,
      incidents,
      revision,
      threadSubject: item.subject,
      now: now(),
    })
    const { outcome, subject } = told
    const pause = outcome.isWorthRepeating ? pausesSeconds[delivery.attempts] : undefined
    const seconds = Math.min(Math.max(pause ?? 0, outcome.retryAfterSeconds ?? 0), 86_400)
    const next =
      outcome.isDelivered || pause === undefined ? null : new Date(now().getTime() + seconds * 1000)
    const [incident] = incidents
    await db.$transaction(async tx => {
      const hasFailed = !outcome.isDelivered && next === null
      const isNews = hasFailed && !(await failedBefore(tx, delivery))
      await recordTry(tx, id, { outcome, next, revision, now: now() })
      if (outcome.isDelivered && incident && delivery.kind === 'incident')
        await noteTold(tx, id, item, { toldState: stateOf(incident), subject })
      if (!isNews) return
      const why = outcome.failure?.message ?? 'no answer'
      await createNotification(tx, {
        kind: 'undelivered',
        title: storableText(`The rule "${rule.name}" cannot tell ${toTarget(target).label}: ${why}`, 400),
        href: `/notifications/rules/${rule.id}`,
        ruleId: rule.id,
        recipientId: rule.ownerId,
        at: now(),
      })
    })
    if (next) await enqueue(id, seconds)
    if (outcome.isDelivered && delivery.kind === 'incident') await catchUp(delivery, item, incident)
  }

  /** What changed while the message was under way is told, too. */
  async function catchUp({ id, target }: DueDelivery, item: ItemRecord, told: IncidentView | undefined) {
    const isUpdatable = target.kind !== 'webhook' || target.webhook?.format === 'json'
    const [state] = isUpdatable ? await findStates(db, [item]) : []
    if (!state || !told || stateOf(state) === stateOf(told)) return
    const at = new Date(now().getTime() + updatePauseSeconds * 1000)
    if (await reopen(db, id, at)) await enqueue(id, updatePauseSeconds)
  }

  /** Incidents of a message that its owner, and its webhook, may know of; what nobody has to look at any more is left out. */
  async function visibleIncidents(
    { kind, revision, target }: DueDelivery,
    actor: Actor,
    items: ItemRecord[],
  ): Promise<IncidentView[]> {
    const tenants = target.webhook ? webhookLimits(target.webhook) : 'all'
    const tagged = await visibleIds(db, { tenants }, [...new Set(items.map(({ tenantId }) => tenantId))])
    const ids = items
      .filter(({ tenantId }) => tagged.has(tenantId))
      .map(({ tenantId, incidentId }) => writeIncidentId(tenantId, incidentId))
    if (kind === 'digest') return await listed(actor, ids)
    const [id] = ids
    if (id === undefined) return []
    try {
      const incident = await queue.get(actor, id)
      const isOver = incident.redirectTo !== null || incident.deletedAt !== null
      return isOver && revision === 0 ? [] : [incident]
    } catch (error) {
      if (error instanceof AppError && error.code === 'not_found') return []
      throw error
    }
  }

  async function listed(actor: Actor, ids: string[]): Promise<IncidentView[]> {
    const found: IncidentView[] = []
    for (let from = 0; from < ids.length; from += listedAtOnce) {
      const some = ids.slice(from, from + listedAtOnce)
      found.push(...(await queue.list(actor, { ids: some }, { limit: listedAtOnce })).items)
    }
    return found
  }

  const secondsUntil = (at: Date) => Math.max(0, Math.ceil((at.getTime() - now().getTime()) / 1000))

  return {
    attempt,

    /** Messages whose try was lost, or whose time came while nobody worked, are tried. */
    async resume(): Promise<void> {
      for (const id of await findOverdue(db, now())) await enqueue(id, 0)
    },

    async purge(): Promise<void> {
      const dayMs = 86_400_000
      await deleteOld(db, new Date(now().getTime() - keepDays * dayMs), new Date(now().getTime() - dayMs))
    },
  }
}
