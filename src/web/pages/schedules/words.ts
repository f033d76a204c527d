import type { TenantChoice } from '../../../hunting/hunts/model.ts'
import type { FindingView, RunView, ScheduleView } from '../../../hunting/schedules/model.ts'

/** Which tenants, in words. */
export function tenantWords(choice: TenantChoice): string {
  if (choice === 'all') return 'All tenants'
  if ('tag' in choice) return `Tenants tagged ${choice.tag}`
  return choice.length === 1 ? '1 chosen tenant' : `${choice.length.toLocaleString('en')} chosen tenants`
}

type State = { state: string; text: string }

/** How a schedule stands: a badge. */
export function scheduleState({ enabled, openRunId, ownerProblem }: ScheduleView): State {
  if (ownerProblem) return { state: 'failed', text: 'Owner gone' }
  if (openRunId) return { state: 'running', text: 'Running' }
  return enabled ? { state: 'active', text: 'On' } : { state: 'offboarded', text: 'Paused' }
}

/** How a run stands: a badge. */
function runState({ status, tenants }: RunView): State {
  if (status === 'failed') return { state: 'failed', text: 'Failed' }
  if (status !== 'done') return { state: 'running', text: 'Running' }
  if (tenants.answered === 0 && tenants.asked > 0) return { state: 'failed', text: 'Nobody answered' }
  if (tenants.failed > tenants.cannotAnswer || tenants.truncated > 0)
    return { state: 'partial', text: 'Incomplete' }
  return { state: 'done', text: 'Complete' }
}

/** What a run found, in words. */
function runWords(run: RunView): string {
  const { status, newRows, mutedRows, baselineRows, tenants, error } = run
  if (status === 'failed') return sentence(error?.message ?? 'it failed')
  if (status !== 'done') return 'Not known yet'
  const parts = [
    newRows > 0 ? `${counted(newRows, 'new row')} in ${counted(tenants.withNew, 'tenant')}` : 'Nothing new',
    ...(mutedRows > 0 ? [`${counted(mutedRows, 'row')} of them muted`] : []),
    ...(baselineRows > 0 ? [`${counted(baselineRows, 'row')} noted as known from a first answer`] : []),
  ]
  return parts.join(', ')
}

/** A run with its badge and words. */
export function showRun<T extends RunView>(run: T) {
  return { ...run, badge: runState(run), words: runWords(run) }
}

/** What one tenant's answer came to: a badge and words. */
export function findingState(finding: FindingView): State {
  const { outcome, isBaseline, isMuted, newCount } = finding
  if (outcome === 'canceled') return { state: 'canceled', text: 'Not asked' }
  if (outcome === 'failed') return { state: 'failed', text: 'Did not answer' }
  if (isBaseline) return { state: 'answered', text: 'First answer, noted' }
  if (newCount === 0) return { state: 'empty', text: 'Nothing new' }
  return isMuted ? { state: 'offboarded', text: 'New, muted' } : { state: 'medium', text: 'New' }
}

/** As the beginning of a sentence. */
export function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}

function counted(count: number, singular: string): string {
  return `${count.toLocaleString('en')} ${singular}${count === 1 ? '' : 's'}`
}
