import { randomUUIDv7 } from 'node:crypto'
import type { Audit } from '../audit/audit.ts'
import { AppError } from '../errors.ts'
import type { Database } from '../platform/database/index.ts'
import { storableJson, storableText } from '../platform/storable.ts'
import type { Actor } from '../tenants/actor.ts'
import { actBehind, requireAct, type TwoPersonAct } from '../tenants/permissions.ts'
import type { AnnounceApproval } from './news.ts'
import { sealOf } from './seal.ts'
import { type ApprovalRow, insertApproval } from './store.ts'
import { toApprovalView } from './view.ts'

/** What would be done, for whoever decides. */
export type Asked = {
  act: TwoPersonAct
  /** One sentence. */
  summary: string
  /** All that the act takes; JSON. */
  request: unknown
  /** Whom it is about. */
  tenantIds: string[]
}

/** An act that nobody decided about in this time has to be asked for again. */
export const waitMs = 3_600_000

export type AskForApproval = (actor: Actor, asked: Asked) => Promise<ApprovalRow>

/** Makes the function that writes down what waits for a second person. @throws AppError `forbidden` */
export function createAsk({
  db,
  audit,
  key,
  announce,
  now,
}: {
  db: Database
  audit: Audit
  key: Buffer
  announce: AnnounceApproval
  now: () => Date
}): AskForApproval {
  return async (actor, asked) => {
    const { act, tenantIds } = asked
    requireAct(actor, actBehind[act])
    const createdAt = now()
    const sealed = {
      // In the order of time, as the list is.
      id: randomUUIDv7(),
      act,
      request: storableJson(asked.request) ?? {},
      tenantIds: [...new Set(tenantIds)].sort(),
      askerKind: actor.kind,
      askerId: actor.id,
      expiresAt: new Date(createdAt.getTime() + waitMs),
    }
    const summary = storableText(asked.summary, 400)
    const { row, send } = await db.$transaction(async tx => {
      const row = await insertApproval(tx, {
        ...sealed,
        seal: sealOf(key, sealed),
        summary,
        status: 'waiting',
        askerLabel: storableText(actor.label, 200),
        createdAt,
      })
      const send = await announce(tx, row)
      const tenantId = row.tenantIds.length === 1 ? (row.tenantIds[0] ?? null) : null
      const detail = { approvalId: row.id, act, summary, request: sealed.request }
      await audit.record({ actor, action: 'approval.requested', tenantId, target: summary, detail }, tx)
      return { row, send }
    })
    await send()
    return row
  }
}

/** How an act that waits comes back to whoever asked: not as done, and not as refused. */
export function waitsForApproval(row: ApprovalRow): AppError {
  return new AppError('approval_required', `this waits for a second person: ${row.summary}`, {
    remedy: 'Somebody else who may do it approves it under Approvals within an hour.',
    details: { approval: toApprovalView(row, 'waiting', true, false) },
  })
}
