import type { HuntPlan, NamedTenant } from '../../../hunting/hunts/plan.ts'
import { analyzeQuery, type QueryAnalysis } from '../../../hunting/kql/analyze-query.ts'

/** What the page shows before a run. */
export type PlanView = QueryAnalysis & {
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
    isEmpty: query.trim() === '',
    tenants: { chosen, asked, cost, lacking },
    trouble: null,
  }
}

/** The check of the query alone, while no tenants can be counted. */
export function showAnalysis(query: string, trouble: PlanView['trouble']): PlanView {
  return { ...analyzeQuery(query), isEmpty: query.trim() === '', tenants: null, trouble }
}

function someNames(tenants: NamedTenant[]) {
  return { tenants: tenants.length, names: tenants.slice(0, namesShown).map(({ name }) => name) }
}
