import type { Hunts } from '../../../hunting/hunts/hunts.ts'
import { type HuntSummary, isOver } from '../../../hunting/hunts/model.ts'
import type { Coverage } from '../../../hunting/results/export/coverage.ts'
import { cannotAnswer, isComplete } from '../../../hunting/results/export/coverage.ts'
import type { Actor } from '../../../tenants/actor.ts'
import { writeAddress } from './results/result-address.ts'
import { countStates, stateLabels, stateOf, type TenantState } from './tenant-states.ts'

/** Up to here every tenant is drawn; beyond, the bar of counts says it better and costs less. */
const tenantsDrawn = 1_500

/** Awaited tenants that are named; the others are a number with a link. */
const awaitedNamed = 5

/** How a hunt stands: the account that is always in sight, and the strip of its tenants. */
export async function showProgress(hunts: Hunts, actor: Actor, hunt: HuntSummary) {
  const [coverage, awaited, tenants] = await Promise.all([
    hunts.coverage(actor, hunt.id),
    isOver(hunt.status) ? [] : hunts.awaited(actor, hunt.id, awaitedNamed),
    hunt.counts.total <= tenantsDrawn ? hunts.get(actor, hunt.id).then(view => view.tenants) : null,
  ])
  const cells = tenants?.map(stateOf)
  const states = cells ? countStates(cells) : statesOf(hunt, coverage)
  const pending = states.waiting + states.running + states.queued
  return {
    hunt,
    isOver: isOver(hunt.status),
    // What the view and the JSON API call it.
    ledger: coverage,
    done: hunt.counts.total - pending,
    waiting: states.waiting,
    awaited: { named: awaited, others: Math.max(0, pending - awaited.length) },
    isComplete: isComplete(coverage),
    headline: headlineOf(coverage, isOver(hunt.status)),
    // Cell by cell only while it changes: a hunt that is over is told by its counts.
    strip: { label: 'Tenants by state', counts: inWords(hunt.id, states), cells: pending > 0 ? cells : null },
    failed: coverage.failed.map(each => ({
      ...each,
      label: each.isExpected ? 'Cannot answer' : 'Failed',
      href: writeAddress(hunt.id, {
        view: 'tenants',
        state: each.isExpected ? 'excluded' : 'failed',
        failure: each.name,
      }),
    })),
    href: (state: TenantState) => writeAddress(hunt.id, { view: 'tenants', state }),
    now: new Date(),
  }
}

function statesOf({ counts }: HuntSummary, coverage: Coverage): Record<TenantState, number> {
  return {
    answered: coverage.answered - coverage.empty - coverage.truncated,
    truncated: coverage.truncated,
    empty: coverage.empty,
    failed: coverage.failed.reduce((sum, { tenants }) => sum + tenants, 0) - cannotAnswer(coverage),
    excluded: cannotAnswer(coverage),
    waiting: counts.waiting,
    running: counts.running,
    queued: counts.queued - counts.waiting,
    canceled: coverage.canceled,
  }
}

function headlineOf(coverage: Coverage, isOver: boolean): string {
  if (!isOver)
    return `Asking ${coverage.asked.toLocaleString('en')} ${coverage.asked === 1 ? 'tenant' : 'tenants'}`
  if (!isComplete(coverage)) return 'Not complete'
  return cannotAnswer(coverage) > 0
    ? 'Complete: every tenant that can answer did'
    : 'Complete: every tenant answered'
}

function inWords(huntId: string, states: Record<TenantState, number>) {
  return (Object.keys(stateLabels) as TenantState[])
    .filter(state => states[state] > 0)
    .map(state => ({
      state,
      count: states[state],
      label: stateLabels[state],
      href: writeAddress(huntId, { view: 'tenants', state }),
    }))
}
