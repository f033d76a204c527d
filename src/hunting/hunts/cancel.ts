import type { Audit } from '../../audit/audit.ts'
import { AppError } from '../../errors.ts'
import { namedFailure } from '../../microsoft/http/index.ts'
import { retryDeadlocks } from '../../platform/database/connections/deadlocks.ts'
import type { Database } from '../../platform/database/index.ts'
import type { Actor } from '../../tenants/actor.ts'
import { requireAct } from '../../tenants/permissions.ts'
import { sendNotice } from './channel.ts'
import { findVisible } from './lookup.ts'
import { cancelHunt, hasHiddenTenants } from './store.ts'

/**
 * Ends a hunt at once, in every process, and keeps what came; a hunt that is
 * over stays as it is.
 *
 * @throws AppError `forbidden`, `not_found`
 */
export async function cancel(
  { db, audit }: { db: Database; audit: Audit },
  actor: Actor,
  id: string,
): Promise<void> {
  requireAct(actor, 'hunt.run')
  const hunt = await findVisible(db, actor, id)
  if (hunt.createdById !== actor.id && (await hasHiddenTenants(db, actor, hunt.id))) {
    throw new AppError('forbidden', 'this hunt also asks tenants that you do not see', {
      remedy: 'Ask whoever started it, or an administrator, to cancel it.',
    })
  }
  const failure = namedFailure('canceled', {
    service: 'graph',
    message: 'The hunt was canceled before all of this tenant’s time span was asked.',
  })
  const end = () =>
    db.$transaction(async tx => {
      if (!(await cancelHunt(tx, hunt.id, failure))) return
      await sendNotice(tx, { kind: 'canceled', huntId: hunt.id })
      await sendNotice(tx, { kind: 'changed', huntIds: [hunt.id] })
      const detail = { name: hunt.name }
      await audit.record({ actor, action: 'hunt.canceled', target: hunt.id, detail }, tx)
    })
  // Workers write outcomes of the same tasks, in another order.
  await retryDeadlocks(end)
}
