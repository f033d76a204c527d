import { isExpectedFailure } from '../../../hunting/hunts/coverage.ts'
import type { HuntTask } from '../../../hunting/hunts/model.ts'

/** Where a tenant of a hunt stands, as pages say it. Nothing found and not reached are never the same. */
export type TenantState =
  | 'answered'
  | 'truncated'
  | 'empty'
  | 'failed'
  | 'excluded'
  | 'waiting'
  | 'running'
  | 'queued'
  | 'canceled'

export const stateLabels: Record<TenantState, string> = {
  answered: 'answered with rows',
  truncated: 'cut short',
  empty: 'answered with nothing',
  failed: 'failed',
  excluded: 'cannot answer',
  waiting: 'waiting',
  running: 'being asked',
  queued: 'not asked yet',
  canceled: 'canceled',
}

export function stateOf(tenant: Pick<HuntTask, 'status' | 'truncated' | 'rowCount' | 'error'>): TenantState {
  if (tenant.status === 'failed' && isExpectedFailure(tenant.error?.code)) return 'excluded'
  if (tenant.status !== 'succeeded') return tenant.status
  if (tenant.truncated) return 'truncated'
  return tenant.rowCount === 0 ? 'empty' : 'answered'
}

/** How many tenants are in each state. */
export function countStates(states: TenantState[]): Record<TenantState, number> {
  const counts = Object.fromEntries(Object.keys(stateLabels).map(state => [state, 0]))
  for (const state of states) counts[state] = (counts[state] ?? 0) + 1
  return counts as Record<TenantState, number>
}
