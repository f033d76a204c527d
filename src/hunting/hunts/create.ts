import type { Audit } from '../../audit/audit.ts'
import type { Database } from '../../database/index.ts'
import { AppError } from '../../errors.ts'
import { type Actor, requireAct } from '../../tenants/actor.ts'
import { absoluteSpan } from './engine/timespan.ts'
import type { HuntRequest, HuntSelection, TenantChoice } from './model.ts'
import { analyzeOrRefuse } from './query-check.ts'
import { whyUnreachable } from './reach.ts'
import { type Candidate, createHunt, createTasks, findChosen, notify } from './store.ts'

export type CreateParts = {
  db: Database
  audit: Audit
  /** Days that results are kept. */
  keepDays: number
  /** How long tenants that cannot answer yet are tried again, milliseconds. */
  deadlineMs: number
  now: () => Date
}

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * Writes a hunt and a task per tenant, before any call.
 *
 * @returns the hunt's id
 * @throws AppError `forbidden`, `invalid_query` with `problems`, `invalid`, `not_found`
 */
export async function createHuntRows(
  parts: CreateParts,
  actor: Actor,
  request: HuntRequest,
): Promise<string> {
  requireAct(actor, 'hunt')
  const analysis = analyzeOrRefuse(request.query, request.allowUnknownNames ?? false)
  const timespan = readTimespan(request.timespan, parts.now())
  const choice = readChoice(request.tenants)
  const candidates = await findReachable(parts.db, actor, choice)
  const refused = candidates.flatMap(candidate => {
    const failure = whyUnreachable(candidate, timespan)
    return failure ? [{ tenantId: candidate.id, failure }] : []
  })

  return parts.db.$transaction(async tx => {
    const name = request.name?.trim() || null
    const selection = selectionOf(choice)
    const id = await createHunt(tx, {
      name,
      query: request.query,
      timespan,
      selection,
      tables: analysis.tables,
      actor,
      deadlineMs: parts.deadlineMs,
      keepDays: parts.keepDays,
      savedQueryId: request.savedQueryId ?? null,
      scheduleId: request.scheduleId ?? null,
    })
    const { total, open } = await createTasks(tx, id, actor, choice, refused)
    if (total === 0) throw noTenants(choice)
    await notify(tx, { kind: 'work' })
    const detail = { name, query: request.query, timespan, selection, tenants: total, asked: open }
    await parts.audit.record({ actor, action: 'hunt.created', target: id, detail }, tx)
    return id
  })
}

/** @throws AppError `invalid` */
export function readTimespan(timespan: string | null | undefined, now: Date): string | null {
  const text = timespan?.trim() || null
  if (text === null || absoluteSpan(text, now)) return text
  throw new AppError('invalid', '"timespan" is not a time span within the last 30 days', {
    remedy:
      'Write it as ISO 8601: P7D, PT12H, or start/end such as 2026-01-02T00:00:00Z/2026-01-03T00:00:00Z.',
  })
}

/** @throws AppError `not_found` for ids that are no GUIDs, as nothing can be found by them */
export function readChoice(choice: TenantChoice): TenantChoice {
  if (choice === 'all' || 'tag' in choice) return choice
  if (choice.length === 0) throw noTenants(choice)
  if (choice.some(id => !guid.test(id))) throw notFound()
  return [...new Set(choice.map(id => id.toLowerCase()))]
}

/** The chosen tenants. @throws AppError `not_found` when one that was named is not there, or not to be seen */
export async function findReachable(db: Database, actor: Actor, choice: TenantChoice): Promise<Candidate[]> {
  const candidates = await findChosen(db, actor, choice)
  if (choice !== 'all' && !('tag' in choice) && candidates.length < choice.length) throw notFound()
  return candidates
}

function selectionOf(choice: TenantChoice): HuntSelection {
  if (choice === 'all') return { kind: 'all' }
  return 'tag' in choice ? { kind: 'tag', tag: choice.tag } : { kind: 'ids' }
}

function notFound(): AppError {
  return new AppError('not_found', 'at least one of the chosen tenants does not exist', {
    remedy: 'Look them up in the list of tenants; one may have been offboarded.',
  })
}

function noTenants(choice: TenantChoice): AppError {
  const what =
    typeof choice === 'object' && 'tag' in choice
      ? `no tenant has the tag "${choice.tag}"`
      : 'no tenant is chosen'
  return new AppError('invalid', what, {
    remedy: 'Choose at least one tenant; connect a customer first if there is none.',
  })
}
