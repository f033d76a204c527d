import type { Ledger } from '../../../hunting/export/ledger.ts'
import { isComplete } from '../../../hunting/export/ledger.ts'
import type { Hunts } from '../../../hunting/hunts/hunts.ts'
import { type HuntSummary, isOver } from '../../../hunting/hunts/model.ts'
import type { Actor } from '../../../tenants/actor.ts'
import { writeAddress } from './result-address.ts'
import { countStates, stateLabels, stateOf, type TenantState } from './tenant-states.ts'

/** Up to here every tenant is drawn; beyond, the bar of counts says it better and costs less. */
const tenantsDrawn = 1_500

/** How a hunt stands: the account that is always in sight, and the strip of its tenants. */
export async function showProgress(hunts: Hunts, actor: Actor, hunt: HuntSummary) {
  const [ledger, tenants] = await Promise.all([
    hunts.ledger(actor, hunt.id),
    hunt.counts.total <= tenantsDrawn ? hunts.get(actor, hunt.id).then(view => view.tenants) : null,
  ])
  const cells = tenants?.map(stateOf)
  const states = cells ? countStates(cells) : statesOf(hunt, ledger)
  const pending = states.waiting + states.running + states.queued
  return {
    hunt,
    isOver: isOver(hunt.status),
    ledger,
    isComplete: isComplete(ledger),
    done: hunt.counts.total - pending,
    waiting: states.waiting,
    strip: { label: 'Tenants by state', counts: inWords(states), cells },
    failed: ledger.failed.map(each => ({
      ...each,
      href: writeAddress(hunt.id, { view: 'tenants', state: 'failed', failure: each.name }),
    })),
    href: (state: TenantState) => writeAddress(hunt.id, { view: 'tenants', state }),
    now: new Date(),
  }
}

function statesOf({ counts }: HuntSummary, ledger: Ledger): Record<TenantState, number> {
  return {
    answered: ledger.answered - ledger.empty - ledger.truncated,
    truncated: ledger.truncated,
    empty: ledger.empty,
    failed: ledger.failed.reduce((sum, { tenants }) => sum + tenants, 0),
    waiting: counts.waiting,
    running: counts.running,
    queued: counts.queued - counts.waiting,
    canceled: ledger.canceled,
  }
}

function inWords(states: Record<TenantState, number>) {
  return (Object.keys(stateLabels) as TenantState[])
    .filter(state => states[state] > 0)
    .map(state => ({ state, count: states[state], label: stateLabels[state] }))
}
