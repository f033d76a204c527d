import type { Audit } from '../audit/audit.ts'
import { AppError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Database } from '../platform/database/index.ts'
import { isGuid } from '../platform/guid.ts'
import { pageLimit, readIdCursor } from '../platform/paging.ts'
import { storableText } from '../platform/storable.ts'
import { type Actor, isLimited } from '../tenants/actor.ts'
import { actBehind, may, requireAct, type TwoPersonAct } from '../tenants/permissions.ts'
import { askerOf, eventOf } from './approval-event.ts'
import type { ApprovedActs } from './approved-acts.ts'
import { couldDo } from './could-do.ts'
import { createExecution } from './execution.ts'
import type { ApprovalStatus, ApprovalView } from './model.ts'
import { type KnownKey, maySamePerson } from './same-person.ts'
import { type ApprovalRow, findApproval, findApprovals, moveApproval, visibleIds } from './store.ts'
import { toApprovalView } from './view.ts'

export type Approvals = {
  /** Of what one asked for oneself, and of what one could decide about; newest first. */
  list(
    actor: Actor,
    filters?: { statuses?: readonly ApprovalStatus[] },
    page?: { limit?: number; cursor?: string | null },
  ): Promise<{ items: ApprovalView[]; nextCursor: string | null }>
  /** @throws AppError `not_found`, also for one that the actor may not know of */
  get(actor: Actor, id: string): Promise<ApprovalView>
  /**
   * Approves, and does it; or rejects.
   *
   * @returns how it stands then: `done`, `failed` with the reason, or `rejected`
   * @throws AppError `forbidden` (one's own; not allowed to do it), `not_found`, `conflict` (over, or decided)
   */
  decide(actor: Actor, id: string, decision: { approve: boolean; comment: string }): Promise<ApprovalView>
  /** Takes one's own request back. @throws AppError `not_found`, `forbidden`, `conflict` */
  withdraw(actor: Actor, id: string): Promise<ApprovalView>
  /** Ends what waited for too long, and takes up what was approved when its process died. Call it every minute. */
  expireAndResume(): Promise<void>
}

export function createApprovals({
  db,
  audit,
  key,
  approvedActs,
  keys,
  currentActor,
  log,
  now,
}: {
  db: Database
  audit: Audit
  key: Buffer
  approvedActs: ApprovedActs
  /** Every API key, revoked ones too. */
  keys: () => Promise<KnownKey[]>
  /** What somebody may do now; null when they may not do this any more. */
  currentActor: (
    person: { kind: string; id: string; label: string },
    act: TwoPersonAct,
  ) => Promise<Actor | null>
  log: Pick<Log, 'error'>
  now: () => Date
}): Approvals {
  const execution = createExecution({ db, audit, key, approvedActs, currentActor, log, now })
  const isOwn = (actor: Actor, row: ApprovalRow) => row.askerKind === actor.kind && row.askerId === actor.id

  async function toViews(actor: Actor, rows: ApprovalRow[]): Promise<ApprovalView[]> {
    const tenantIds = [...new Set(rows.flatMap(row => row.tenantIds))]
    const visible = await visibleIds(db, actor, tenantIds)
    const known = rows.some(row => row.status === 'waiting') ? await keys() : []
    return rows.flatMap(row => {
      const own = isOwn(actor, row)
      const could = couldDo(actor, row, visible)
      // A tenant that was offboarded is seen by nobody: what became of it stays with those who see everything.
      const isHistory =
        row.status !== 'waiting' && !isLimited(actor) && may(actor, actBehind[row.act as TwoPersonAct])
      if (!own && !could && !isHistory) return []
      const status = statusOf(row)
      const canDecide = status === 'waiting' && could && !maySamePerson(askerOf(row), actor, known)
      return [toApprovalView(row, status, own, canDecide)]
    })
  }

  /** An hour that is over counts at once, and not when somebody looks. */
  function statusOf(row: ApprovalRow): ApprovalStatus {
    return row.status === 'waiting' && row.expiresAt <= now() ? 'expired' : (row.status as ApprovalStatus)
  }

  async function find(actor: Actor, id: string): Promise<{ row: ApprovalRow; view: ApprovalView }> {
    requireAct(actor, 'approval.read')
    const row = isGuid(id) ? await findApproval(db, id.toLowerCase()) : null
    const [view] = row ? await toViews(actor, [row]) : []
    if (!row || !view) throw new AppError('not_found', 'there is no such approval')
    return { row, view }
  }

  async function viewOf(actor: Actor, id: string): Promise<ApprovalView> {
    return (await find(actor, id)).view
  }

  return {
    async list(actor, filters = {}, page = {}) {
      requireAct(actor, 'approval.read')
      const limit = pageLimit(page.limit)
      const items: ApprovalView[] = []
      let before = readIdCursor(page.cursor)
      // Rows that the actor may not know of are passed over, so that a page is full while there are more.
      for (;;) {
        const rows = await findApprovals(db, filters, before, 200)
        items.push(...(await toViews(actor, rows)))
        before = rows.at(-1)?.id ?? null
        if (rows.length < 200 || items.length > limit) break
      }
      const shown = items.slice(0, limit)
      return { items: shown, nextCursor: items.length > limit ? (shown.at(-1)?.id ?? null) : null }
    },

    get: viewOf,

    async decide(actor, id, { approve, comment }) {
      requireAct(actor, 'approval.decide')
      const { row, view } = await find(actor, id)
      if (view.status !== 'waiting') throw over(view.status)
      if (view.isOwn || maySamePerson(askerOf(row), actor, await keys())) throw ownApproval()
      requireAct(actor, actBehind[view.act])
      const text = readComment(comment)
      const decided = {
        deciderKind: actor.kind,
        deciderId: actor.id,
        deciderLabel: storableText(actor.label, 200),
        comment: text,
        decidedAt: now(),
      }
      if (!approve) {
        if (!(await execution.endAs(row, 'rejected', actor, decided)))
          throw over((await viewOf(actor, id)).status)
        return viewOf(actor, id)
      }
      const isFirst = await db.$transaction(async tx => {
        const inTime = { expiresAt: { gt: now() } }
        if (!(await moveApproval(tx, row.id, 'waiting', 'approved', decided, inTime))) return false
        const { detail, ...event } = eventOf(row)
        await audit.record(
          { ...event, actor, action: 'approval.granted', detail: { ...detail, comment: text } },
          tx,
        )
        return true
      })
      if (!isFirst) throw over((await viewOf(actor, id)).status)
      const approved = await findApproval(db, row.id)
      if (approved) await execution.execute(approved)
      return toEnd(row.id)
    },

    async withdraw(actor, id) {
      const { row, view } = await find(actor, id)
      if (!view.isOwn) {
        throw new AppError('forbidden', 'somebody else asked for this', { remedy: 'Reject it instead.' })
      }
      if (view.status !== 'waiting' || !(await execution.endAs(row, 'withdrawn', actor)))
        throw over(view.status)
      return viewOf(actor, id)
    },

    expireAndResume: execution.expireAndResume,
  }

  /** How it ended, to whoever decided: a tenant that was offboarded is not seen any more. */
  async function toEnd(id: string): Promise<ApprovalView> {
    const row = await findApproval(db, id)
    if (!row) throw new AppError('not_found', 'there is no such approval')
    return toApprovalView(row, statusOf(row), false, false)
  }
}

function readComment(text: string): string | null {
  const comment = text.trim()
  if (comment.length <= 500) return storableText(comment, 500) || null
  throw new AppError('invalid', 'the comment is too long', { remedy: 'Write at most 500 characters.' })
}

const endings: Partial<Record<ApprovalStatus, string>> = {
  expired: 'nobody decided within the hour',
  withdrawn: 'whoever asked has taken it back',
}

function over(status: ApprovalStatus): AppError {
  return new AppError('conflict', endings[status] ?? 'somebody has decided about this already', {
    remedy: 'Ask for it again if it is still wanted.',
    details: { status },
  })
}

function ownApproval(): AppError {
  return new AppError('forbidden', 'you asked for this yourself', {
    remedy: 'A second person has to decide; an API key of yours is not one.',
  })
}
