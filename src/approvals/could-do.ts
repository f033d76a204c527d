import { type Actor, isLimited } from '../tenants/actor.ts'
import { actBehind, may, type TwoPersonAct } from '../tenants/permissions.ts'
import type { ApprovalRow } from './store.ts'

/** Whether somebody could do it themselves: holds the act, and sees whom it is about. */
export function couldDo(actor: Actor, row: ApprovalRow, visible: Set<string>): boolean {
  if (!may(actor, actBehind[row.act as TwoPersonAct])) return false
  // What is about no tenant, such as what staff may see, is for those who see everything.
  if (row.tenantIds.length === 0) return !isLimited(actor)
  return row.tenantIds.every(id => visible.has(id))
}
