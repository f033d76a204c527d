import type { Audit } from '../audit/audit.ts'
import { AppError } from '../errors.ts'
import type { Database } from '../platform/database/index.ts'
import { notifyChannel } from '../platform/database/notices/channels.ts'
import { storableText } from '../platform/storable.ts'
import { type Actor, isLimited } from '../tenants/actor.ts'
import { requireAct } from '../tenants/permissions.ts'
import { addTenantEvent, type Transaction } from '../tenants/store.ts'
import type { Tenants } from '../tenants/tenants.ts'
import { restartChecks } from '../verification/check-store.ts'
import { type SuspensionGate, suspensionChannel } from './gate.ts'
import type { AnnounceSuspension } from './news.ts'
import {
  deleteSuspension,
  everything,
  findSuspension,
  findVisibleSuspensions,
  putSuspension,
  type SuspensionRow,
} from './store.ts'

/** What is stopped, since when, by whom and why; `tenantId` null: everything. */
export type SuspensionView = {
  tenantId: string | null
  tenantName: string | null
  reason: string
  by: string
  /** ISO 8601 UTC. */
  since: string
}

/**
 * The kill switch. While a tenant, or everything, is suspended, no process
 * makes a call about it: what runs ends with the failure `suspended`, what is
 * queued waits, and goes on when an administrator ends the suspension.
 */
export type Suspension = {
  /**
   * Stops the calls to a tenant, or to all (null); a second time changes the reason alone.
   *
   * @throws AppError `forbidden`, `not_found`, `invalid` for the reason
   */
  suspend(actor: Actor, tenantId: string | null, reason: string): Promise<SuspensionView>
  /**
   * Lets the calls go out again.
   *
   * @returns whether they were stopped
   * @throws AppError `forbidden`, `not_found`
   */
  resume(actor: Actor, tenantId: string | null): Promise<boolean>
  /** What is stopped, of what the actor may see; that of everything first. */
  list(actor: Actor): Promise<SuspensionView[]>
}

export function createSuspension({
  db,
  audit,
  tenants,
  gate,
  announce,
  goOn,
  now,
}: {
  db: Database
  audit: Audit
  tenants: Pick<Tenants, 'get'>
  gate: Pick<SuspensionGate, 'refresh' | 'rows'>
  announce: AnnounceSuspension
  /** Lets what waited go on, within the transaction that ends the suspension. */
  goOn: (tx: Transaction, tenantId: string | null, since: Date) => Promise<void>
  now: () => Date
}): Suspension {
  /** @throws AppError `forbidden` when not everything is the actor's to decide about, `not_found` */
  async function scopeOf(actor: Actor, tenantId: string | null) {
    requireAct(actor, 'tenant.suspend')
    if (tenantId === null) {
      requireUnlimited(actor)
      return { scope: everything, tenantId, tenantName: null }
    }
    const tenant = await tenants.get(actor, tenantId)
    return { scope: tenant.id, tenantId: tenant.id, tenantName: tenant.name }
  }

  return {
    async suspend(actor, id, reason) {
      const { scope, tenantId, tenantName } = await scopeOf(actor, id)
      const text = readReason(reason)
      const at = now()
      const { row, send } = await db.$transaction(async tx => {
        const before = await findSuspension(tx, scope)
        const row = await putSuspension(tx, {
          scope,
          tenantId,
          reason: text,
          byId: actor.id,
          byLabel: storableText(actor.label, 200),
          since: at,
        })
        const send = before
          ? null
          : await announce(tx, { kind: 'suspended', tenantId, tenantName, reason: text, by: actor.label, at })
        if (!before && tenantId !== null) {
          const data = { by: actor.label }
          await addTenantEvent(tx, tenantId, { type: 'suspended', detail: text, data, at })
        }
        await notifyChannel(tx, suspensionChannel, scope)
        await audit.record(
          {
            actor,
            action: 'suspension.started',
            tenantId,
            tenantName,
            target: tenantName ?? 'everything',
            detail: { reason: text },
          },
          tx,
        )
        return { row, send }
      })
      // This process answers only when it has stopped itself; the others hear of it in the same moment.
      await gate.refresh()
      await send?.()
      return toSuspensionView(row)
    },

    async resume(actor, id) {
      const { scope, tenantId, tenantName } = await scopeOf(actor, id)
      const at = now()
      const ended = await db.$transaction(async tx => {
        const row = await findSuspension(tx, scope)
        if (!row || !(await deleteSuspension(tx, scope))) return null
        await restartChecks(tx, tenantId, at)
        await goOn(tx, tenantId, row.since)
        const { reason, byLabel, since } = row
        if (tenantId !== null) {
          await addTenantEvent(tx, tenantId, { type: 'resumed', detail: null, data: { by: actor.label }, at })
        }
        const send = await announce(tx, {
          kind: 'resumed',
          tenantId,
          tenantName,
          reason,
          by: actor.label,
          at,
        })
        await notifyChannel(tx, suspensionChannel, scope)
        const detail = { reason, suspendedBy: byLabel, since: since.toISOString() }
        await audit.record(
          {
            actor,
            action: 'suspension.ended',
            tenantId,
            tenantName,
            target: tenantName ?? 'everything',
            detail,
          },
          tx,
        )
        return { send }
      })
      await gate.refresh()
      await ended?.send()
      return ended !== null
    },

    async list(actor) {
      requireAct(actor, 'tenant.read')
      const rows = await findVisibleSuspensions(db, actor)
      return rows
        .toSorted((a, b) => Number(b.tenantId === null) - Number(a.tenantId === null))
        .map(toSuspensionView)
    },
  }
}

function toSuspensionView({ tenantId, tenant, reason, byLabel, since }: SuspensionRow): SuspensionView {
  return { tenantId, tenantName: tenant?.name ?? null, reason, by: byLabel, since: since.toISOString() }
}

/** Who may decide about every tenant. @throws AppError `forbidden` */
function requireUnlimited(actor: Actor): void {
  if (!isLimited(actor)) return
  throw new AppError('forbidden', 'you see only some tenants, and this holds for all', {
    remedy: 'Suspend your tenants one by one, or ask an administrator who sees every tenant.',
  })
}

function readReason(text: string): string {
  const reason = storableText(text.trim(), 500)
  if (reason !== '' && text.trim().length <= 500) return reason
  throw new AppError('invalid', reason === '' ? 'the reason is missing' : 'the reason is too long', {
    remedy: 'Say why in 1 to 500 characters: everybody sees it while the suspension lasts.',
    details: { field: 'reason' },
  })
}
