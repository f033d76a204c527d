import type { HuntPlan, NamedTenant } from '../../../../hunting/hunts/plan.ts'
import type { QueryAnalysis } from '../../../../hunting/query/query-analysis.ts'

/** What the page shows before a run. */
export type PlanView = QueryAnalysis & {
  /** Problems that are mistakes, not hints. */
  mistakes: number
  /** Nothing is typed yet: nothing is shown. */
  isEmpty: boolean
  /** Null while the choice of tenants does not make sense; `trouble` says why. */
  tenants: {
    chosen: number
    asked: number
    cost: HuntPlan['cost']
    /** Who cannot answer, or perhaps not, and why. */
    lacking: { isCertain: boolean; reason: string; remedy: string; tenants: number; names: string[] }[]
  } | null
  trouble: { message: string; remedy: string | null } | null
}

const namesShown = 5

export function showPlan(query: string, plan: HuntPlan): PlanView {
  const { analysis, chosen, asked, unreachable, lacksTable, cost } = plan
  const lacking = [
    ...unreachable.map(({ failure, tenants }) => ({
      isCertain: true,
      reason: failure.message,
      remedy: failure.remedy,
      ...someNames(tenants),
    })),
    ...lacksTable.map(({ table, tenants }) => ({
      isCertain: false,
      reason: `Had no table ${table} when asked last, most likely for want of a license.`,
      remedy: 'They are asked all the same.',
      ...someNames(tenants),
    })),
  ]
  return {
    ...analysis,
    mistakes: mistakesIn(analysis),
    isEmpty: query.trim() === '',
    tenants: { chosen, asked, cost, lacking },
    trouble: null,
  }
}

/** The check of the query alone, while no tenants can be counted. */
export function showAnalysis(query: string, analysis: QueryAnalysis, trouble: PlanView['trouble']): PlanView {
  const isEmpty = query.trim() === ''
  return { ...analysis, mistakes: mistakesIn(analysis), isEmpty, tenants: null, trouble }
}

function mistakesIn({ problems }: QueryAnalysis): number {
  return problems.filter(({ severity }) => severity === 'error').length
}

function someNames(tenants: NamedTenant[]) {
  return { tenants: tenants.length, names: tenants.slice(0, namesShown).map(({ name }) => name) }
}
