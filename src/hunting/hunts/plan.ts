import type { Failure } from '../../errors.ts'
import type { Database } from '../../platform/database/index.ts'
import type { Actor } from '../../tenants/actor.ts'
import type { QueryAnalyzer } from '../query/analyzer.ts'
import type { QueryAnalysis } from '../query/query-analysis.ts'
import { findTableRefusals } from './coverage-store.ts'
import { findReachable, readChoice, readTimespan, whyUnreachable } from './create.ts'
import type { HuntRequest } from './model.ts'
import type { ChosenTenant } from './store.ts'

export type NamedTenant = { tenantId: string; name: string }

/** What a hunt would do, before any tenant is called. */
export type HuntPlan = {
  analysis: QueryAnalysis
  /** Tenants that are chosen. */
  chosen: number
  /** Of these, tenants that would be called. */
  asked: number
  /** Tenants that cannot answer, by reason; they are in the hunt's account as failed. */
  unreachable: { failure: Failure; tenants: NamedTenant[] }[]
  /** Tenants that are asked, but lacked a table of the query when last asked: most likely a license. */
  lacksTable: { table: string; tenants: NamedTenant[] }[]
  /** What it takes of each tenant's hunting quota. */
  cost: {
    calls: number
    /** More only where an answer is cut and fetched span by span. */
    callsPerTenant: number
    /** What Tenantry takes of a tenant's published rate at most. */
    callsPerTenantAndMinute: number
  }
}

/** Graph, "runHuntingQuery": at least 45 calls a minute and tenant. */
const publishedRate = 45

/**
 * @param huntingShare part of the published rate that is used here
 * @throws AppError `invalid` for the time span, `not_found` for tenants
 */
export async function planHunt(
  {
    db,
    analyzer,
    huntingShare,
    now,
  }: { db: Database; analyzer: Pick<QueryAnalyzer, 'analyze'>; huntingShare: number; now: () => Date },
  actor: Actor,
  request: HuntRequest,
  signal?: AbortSignal,
): Promise<HuntPlan> {
  const analysis = await analyzer.analyze(request.query, { caller: actor.id, signal })
  const timespan = readTimespan(request.timespan, now())
  const candidates = await findReachable(db, actor, readChoice(request.tenants))
  const unreachable = groupUnreachable(candidates, timespan)
  const away = new Set(unreachable.flatMap(({ tenants }) => tenants.map(({ tenantId }) => tenantId)))
  const asked = candidates.filter(({ id }) => !away.has(id))
  return {
    analysis,
    chosen: candidates.length,
    asked: asked.length,
    unreachable,
    lacksTable: await groupLacking(db, analysis.tables, asked),
    cost: {
      calls: asked.length,
      callsPerTenant: 1,
      callsPerTenantAndMinute: Math.floor(publishedRate * huntingShare),
    },
  }
}

function groupUnreachable(candidates: ChosenTenant[], timespan: string | null): HuntPlan['unreachable'] {
  const groups = new Map<string, { failure: Failure; tenants: NamedTenant[] }>()
  for (const candidate of candidates) {
    const failure = whyUnreachable(candidate, timespan)
    if (!failure) continue
    const group = groups.get(failure.code) ?? { failure, tenants: [] }
    groups.set(failure.code, group)
    group.tenants.push({ tenantId: candidate.id, name: candidate.name })
  }
  return [...groups.values()].toSorted((a, b) => b.tenants.length - a.tenants.length)
}

async function groupLacking(
  db: Database,
  tables: string[],
  asked: ChosenTenant[],
): Promise<HuntPlan['lacksTable']> {
  if (tables.length === 0 || asked.length === 0) return []
  const names = new Map(asked.map(({ id, name }) => [id, name]))
  const groups = new Map<string, NamedTenant[]>()
  for (const { tenantId, message } of await findTableRefusals(db, tables)) {
    const name = names.get(tenantId)
    const table = tables.find(candidate => message.includes(`'${candidate}'`))
    if (name === undefined || table === undefined) continue
    groups.set(table, [...(groups.get(table) ?? []), { tenantId, name }])
  }
  return [...groups].map(([table, tenants]) => ({ table, tenants }))
}
