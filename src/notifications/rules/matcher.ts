import { writeIncidentId } from '../../incidents/incident-id.ts'
import type { IncidentFilters, IncidentView } from '../../incidents/model.ts'
import type { Queue } from '../../incidents/queue/queue.ts'
import type { Database } from '../../platform/database/index.ts'
import type { CurrentAccessOf } from '../../staff/current-access.ts'
import {
  addMatches,
  addSingle,
  addToDigest,
  countSingles,
  findNews,
  findStates,
  findUpdatable,
  type IncidentKey,
  lockRule,
  type NewsRow,
  reopen,
  settleNews,
} from './match-store.ts'
import { stateOf } from './messages.ts'
import { alertsWaitSeconds, digestMinutes, singlesPerHour, updatePauseSeconds } from './model.ts'
import { ownerOf } from './owner.ts'
import { quietUntil } from './quiet-time.ts'
import { findEnabledRules, type RuleRecord } from './store.ts'
import { conditionsOf, quietOf } from './view.ts'

export type MatcherDeps = {
  db: Database
  queue: Pick<Queue, 'list'>
  currentAccessOf: CurrentAccessOf
  /** Has a delivery tried. */
  enqueue: (deliveryId: string, afterSeconds: number) => Promise<void>
  now?: () => Date
}

export type Matcher = ReturnType<typeof createMatcher>

/** Incidents that rules look at together. */
const atOnce = 200

/**
 * Finds the rules that want to tell of incidents that changed. Any number of
 * processes may do it at once, and one may die at any time: an incident is
 * taken off the list only after its matches are written, and each match is a
 * row that can be written once.
 */
export function createMatcher({ db, queue, currentAccessOf, enqueue, now = () => new Date() }: MatcherDeps) {
  async function look(news: NewsRow[]): Promise<void> {
    const rules = await findEnabledRules(db)
    const accessOf = await currentAccessOf(rules.map(({ ownerKind: kind, ownerId: id }) => ({ kind, id })))
    await openUpdates(news)
    for (const rule of rules) {
      const { actor } = ownerOf(rule, accessOf.get(rule.ownerId))
      if (!actor) continue
      const filters = {
        ...filtersOf(rule),
        ids: news.map(idOf),
        createdSince: rule.activeSince.toISOString(),
      }
      const { items } = await queue.list(actor, filters, { limit: atOnce })
      if (items.length > 0) await match(rule, items)
    }
  }

  async function match(rule: RuleRecord, incidents: IncidentView[]): Promise<void> {
    const due = await db.$transaction(async tx => {
      if (!(await lockRule(tx, rule.id))) return []
      const found = await addMatches(tx, rule.id, incidents)
      const isNew = new Set(found.map(idOf))
      const fresh = incidents.filter(({ id }) => isNew.has(id))
      const written: { id: string; at: Date }[] = []
      if (fresh.length === 0) return written
      for (const target of rule.targets) {
        const at = now()
        const base = { ruleId: rule.id, targetId: target.id, now: at }
        const quiet = target.kind === 'console' ? null : quietUntil(quietOf(rule), rule.timeZone, at)
        let singles = await countSingles(tx, target.id, new Date(at.getTime() - 3_600_000))
        const gathered: IncidentView[] = []
        let mayWait = quiet !== null
        for (const incident of fresh) {
          const waits = quiet !== null && !(rule.quietExceptHigh && incident.severity === 'high')
          if (waits || singles >= singlesPerHour) {
            gathered.push(incident)
            mayWait &&= waits
            continue
          }
          singles++
          const waitsForAlerts = target.kind !== 'console' && incident.alertCount === null
          const sendAt = waitsForAlerts ? new Date(at.getTime() + alertsWaitSeconds * 1000) : at
          written.push({ id: await addSingle(tx, { ...base, at: sendAt }, keyOf(incident)), at: sendAt })
        }
        if (gathered.length === 0) continue
        const soon = new Date(at.getTime() + digestMinutes * 60_000)
        // What is told in the quiet time too does not wait for its end when it comes fast.
        const digestAt = mayWait && quiet ? quiet : soon
        written.push({
          id: await addToDigest(tx, { ...base, at: digestAt }, gathered.map(keyOf)),
          at: digestAt,
        })
      }
      return written
    }, transactionLimits)
    for (const { id, at } of due) await enqueue(id, secondsUntil(at))
  }

  /** Messages about incidents that differ from what was told are updated. */
  async function openUpdates(news: NewsRow[]): Promise<void> {
    const told = await findUpdatable(db, news)
    if (told.length === 0) return
    const states = new Map((await findStates(db, told)).map(row => [idOf(row), stateOf(row)]))
    for (const item of told) {
      const state = states.get(idOf(item))
      if (state === undefined || state === item.toldState) continue
      const { deliveredAt, target } = item.delivery
      const pauseMs = target.kind === 'console' ? 0 : updatePauseSeconds * 1000
      const at = new Date(Math.max(now().getTime(), (deliveredAt?.getTime() ?? 0) + pauseMs))
      if (await reopen(db, item.deliveryId, at)) await enqueue(item.deliveryId, secondsUntil(at))
    }
  }

  const secondsUntil = (at: Date) => Math.max(0, Math.ceil((at.getTime() - now().getTime()) / 1000))

  return {
    /** Looks at all that waits. @param signal ends it between two parts */
    async work(signal?: AbortSignal): Promise<void> {
      while (!signal?.aborted) {
        const news = await findNews(db, atOnce)
        if (news.length === 0) return
        await look(news)
        await settleNews(db, news)
      }
    },
  }
}

/** Of a busy hour: 200 incidents to 20 targets. */
const transactionLimits = { timeout: 30_000, maxWait: 10_000 }

/** The rule's conditions as the queue takes them. */
export function filtersOf(rule: RuleRecord): IncidentFilters {
  return toFilters(conditionsOf(rule))
}

/** Conditions as filters of the queue: the same words mean the same there. */
export function toFilters({
  severities,
  product,
  words,
  tenants,
}: ReturnType<typeof conditionsOf>): IncidentFilters {
  return {
    ...(severities.length > 0 && { severities }),
    ...(product !== null && { product }),
    ...(words !== null && { search: words }),
    ...(Array.isArray(tenants) ? { tenants } : tenants === 'all' ? {} : { tag: tenants.tag }),
  }
}

const keyOf = ({ tenantId, incidentId }: IncidentKey): IncidentKey => ({ tenantId, incidentId })
const idOf = ({ tenantId, incidentId }: IncidentKey) => writeIncidentId(tenantId, incidentId)
