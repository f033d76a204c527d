import type { Database } from '../platform/database/index.ts'
import { BoundedMap } from '../platform/limits/bounded-map.ts'
import type { Actor, RequestOrigin } from '../tenants/actor.ts'
import type { Audit, NewAuditEvent } from './audit.ts'
import { findTenantName, hasEventSince } from './store.ts'

/** The same refusal within this time is counted, and told with the next. */
const refusalMs = 10 * 60_000
/** Refusals recorded within an hour at most, whoever tries from wherever: the audit must not be filled by strangers. */
const mostRefusals = 600
const hourMs = 3600_000
const dayMs = 24 * hourMs

type Told = { at: number; times: number; isUsed: boolean }

/**
 * Events of what happens far more often than anybody wants to read: refusals,
 * the use of keys, reads of incidents. Each is recorded once for a while.
 */
export function createOccasions({
  db,
  audit,
  now = () => new Date(),
}: {
  db: Database
  audit: Pick<Audit, 'record'>
  now?: () => Date
}) {
  const told = new BoundedMap<string, Told>(10_000)
  let hour = { from: 0, count: 0 }

  /** @returns how often it happened since it was told last, null when it is not to be told yet */
  function timesToTell(key: string, everyMs: number): number | null {
    const at = now().getTime()
    const last = told.get(key)
    if (last && at - last.at < everyMs) {
      last.times += 1
      return null
    }
    told.set(key, { at, times: 0, isUsed: false })
    return 1 + (last?.times ?? 0)
  }

  function hasRoom(): boolean {
    const at = now().getTime()
    if (at - hour.from > hourMs) hour = { from: at, count: 0 }
    hour.count += 1
    return hour.count <= mostRefusals
  }

  return {
    /** Somebody was refused: an act, a key, a sign-in. */
    async refused(event: Omit<NewAuditEvent, 'result'>): Promise<void> {
      const { actor, action, target, detail } = event
      const key = [action, actor.kind, actor.id, actor.from?.address, target].join('\n')
      const times = timesToTell(key, refusalMs)
      if (times === null || !hasRoom()) return
      await audit.record({ ...event, result: 'refused', detail: { ...detail, times } })
    },

    /** A key was used: its first use of a day from an address is recorded, by whichever process. */
    async keyUsed(actor: Actor): Promise<void> {
      const address = actor.from?.address ?? ''
      const today = new Date(Math.floor(now().getTime() / dayMs) * dayMs)
      if (timesToTell(`used ${actor.id} ${address} ${today.getTime()}`, dayMs) === null) return
      const action = 'api-key.used'
      if (await hasEventSince(db, { actorId: actor.id, action, address, since: today })) return
      await audit.record({ actor, action, target: actor.label })
    },

    /** A customer's link to its activity was opened: recorded once an hour for each address. */
    async linkOpened(
      { id, ...tenant }: { id: string; tenantId: string; tenantName: string },
      from: RequestOrigin,
    ): Promise<void> {
      if (timesToTell(`opened ${id} ${from.address}`, hourMs) === null) return
      const actor: Actor = {
        kind: 'customer',
        id: `activity link ${id}`,
        label: `${tenant.tenantName} (by link)`,
        role: null,
        tenants: { tags: [], ids: [] },
        from,
      }
      await audit.record({ actor, action: 'activity.opened', ...tenant, target: id })
    },

    /** Somebody looked at an incident: recorded once an hour for each person and incident. */
    async incidentRead(actor: Actor, about: { tenantId: string; id: string }): Promise<void> {
      if (timesToTell(`read ${actor.kind} ${actor.id} ${about.id}`, hourMs) === null) return
      const { tenantId, id: target } = about
      const tenantName = await findTenantName(db, tenantId)
      await audit.record({ actor, action: 'incident.read', tenantId, tenantName, target })
    },
  }
}

export type Occasions = ReturnType<typeof createOccasions>
