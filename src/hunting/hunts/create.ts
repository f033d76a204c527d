import type { Audit } from '../../audit/audit.ts'
import { AppError, type Failure, readStoredFailure } from '../../errors.ts'
import { roleMissing } from '../../microsoft/failures/role-missing.ts'
import { namedFailure } from '../../microsoft/http/index.ts'
import { rolesFor, surfaceFor } from '../../microsoft/roles/capabilities.ts'
import type { Database } from '../../platform/database/index.ts'
import { isGuid } from '../../platform/guid.ts'
import { storableText } from '../../platform/storable.ts'
import type { Actor } from '../../tenants/actor.ts'
import { requireAct } from '../../tenants/permissions.ts'
import { absoluteSpan, isBeyondKept } from '../engine/timespan.ts'
import type { QueryAnalyzer } from '../query/analyzer.ts'
import { requireRunnable } from '../query/require-runnable.ts'
import { sendNotice } from './channel.ts'
import type { HuntRequest, HuntSelection, TenantChoice } from './model.ts'
import { type ChosenTenant, createHunt, createTasks, findChosen } from './store.ts'

export type CreateDeps = {
  db: Database
  audit: Audit
  analyzer: Pick<QueryAnalyzer, 'analyze'>
  /** Days that results are kept. */
  keepDays: number
  /** How long tenants that cannot answer yet are tried again, milliseconds. */
  deadlineMs: number
  now: () => Date
}

/**
 * Writes a hunt and a task per tenant, before any call.
 *
 * @param signal ends the check of the query, before anything is written
 * @returns the hunt's id
 * @throws AppError `forbidden`, `invalid_query` with `problems`, `invalid`, `not_found`
 */
export async function createHuntRows(
  deps: CreateDeps,
  actor: Actor,
  request: HuntRequest,
  signal?: AbortSignal,
): Promise<string> {
  requireAct(actor, 'hunt.run')
  const analysis = await deps.analyzer.analyze(request.query, { caller: actor.id, signal })
  requireRunnable(analysis, request.allowUnknownNames ?? false)
  const timespan = readTimespan(request.timespan, deps.now())
  const choice = readChoice(request.tenants)
  const candidates = await findReachable(deps.db, actor, choice)
  const refused = candidates.flatMap(candidate => {
    const failure = whyUnreachable(candidate, timespan)
    return failure ? [{ tenantId: candidate.id, failure }] : []
  })

  return deps.db.$transaction(async tx => {
    const name = storableText(request.name?.trim() ?? '', 200) || null
    const selection = selectionOf(choice)
    const id = await createHunt(tx, {
      name,
      query: request.query,
      timespan,
      selection,
      tables: analysis.tables,
      actor,
      deadlineMs: deps.deadlineMs,
      keepDays: deps.keepDays,
      savedQueryId: request.savedQueryId ?? null,
      scheduleId: request.scheduleId ?? null,
    })
    const { total, open } = await createTasks(tx, id, actor, choice, refused)
    if (total === 0) throw noTenants(choice)
    await sendNotice(tx, { kind: 'work' })
    const detail = { name, query: request.query, timespan, selection, tenants: total, asked: open }
    await deps.audit.record({ actor, action: 'hunt.created', target: id, detail }, tx)
    return id
  })
}

/** @throws AppError `invalid` */
export function readTimespan(timespan: string | null | undefined, now: Date): string | null {
  const text = timespan?.trim() || null
  if (text !== null && isBeyondKept(text, now)) {
    throw new AppError('invalid', '"timespan" goes back more than 30 days, all that advanced hunting keeps', {
      remedy: 'Ask for 30 days or less: P30D, PT12H, or a start within the last 30 days.',
    })
  }
  if (text === null || absoluteSpan(text, now)) return text
  throw new AppError('invalid', '"timespan" is not a time span', {
    remedy:
      'Write it as ISO 8601: P7D, PT12H, or start/end such as 2026-01-02T00:00:00Z/2026-01-03T00:00:00Z.',
  })
}

/** @throws AppError `not_found` for ids that are no GUIDs, as nothing can be found by them */
export function readChoice(choice: TenantChoice): TenantChoice {
  if (choice === 'all' || 'tag' in choice) return choice
  if (choice.length === 0) throw noTenants(choice)
  if (choice.some(id => !isGuid(id))) throw notFound()
  return [...new Set(choice.map(id => id.toLowerCase()))]
}

/** The chosen tenants. @throws AppError `not_found` when one that was named is not there, or not to be seen */
export async function findReachable(
  db: Database,
  actor: Actor,
  choice: TenantChoice,
): Promise<ChosenTenant[]> {
  const candidates = await findChosen(db, actor, choice)
  if (choice !== 'all' && !('tag' in choice) && candidates.length < choice.length) throw notFound()
  return candidates
}

const suspendedRemedy = 'Run the hunt again for this tenant when an administrator has ended the suspension.'

/**
 * Why a tenant need not be asked at all: it is suspended or disconnected, no granted role
 * opens hunting, or its only surface takes no time span.
 *
 * @returns null when it can be asked
 */
export function whyUnreachable(
  {
    status,
    isSuspended,
    roles,
    lastError,
  }: Pick<ChosenTenant, 'status' | 'isSuspended' | 'roles' | 'lastError'>,
  timespan: string | null,
): Failure | null {
  if (isSuspended) return namedFailure('suspended', { service: null, remedy: suspendedRemedy })
  if (status === 'disconnected') {
    return (
      readStoredFailure(lastError) ??
      namedFailure('app_removed', { service: 'entra', message: 'The tenant is disconnected.' })
    )
  }
  const surface = surfaceFor(roles, 'hunting')
  const [wanted = ''] = rolesFor('hunting')
  if (surface === null) {
    return roleMissing(rolesFor('hunting'), 'The customer has not granted what hunting needs').failure
  }
  if (surface !== 'graph' && timespan !== null && !/^P30D$/i.test(timespan)) {
    return namedFailure('role_missing', {
      service: surface,
      message: 'This tenant can be hunted in only through an older interface, which takes no time span.',
      remedy: `Filter on time in the query instead, or ask the customer for ${wanted}.`,
    })
  }
  return null
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
