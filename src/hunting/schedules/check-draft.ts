import { AppError } from '../../errors.ts'
import type { Database } from '../../platform/database/index.ts'
import type { Actor } from '../../tenants/actor.ts'
import type { Library, SaveOptions } from '../library/library.ts'
import type { QueryAnalyzer } from '../query/analyzer.ts'
import { requireRunnable } from '../query/require-runnable.ts'
import type { ScheduleDraft } from './model.ts'
import { readDraft } from './read-draft.ts'
import { type ScheduleRecord, visibleIds } from './store.ts'
import { readParameters } from './view.ts'

type CheckDeps = {
  db: Database
  library: Pick<Library, 'render'>
  analyzer: Pick<QueryAnalyzer, 'analyze'>
  now: () => Date
}

/** A draft that was found right; its query at the version that will run. */
export type CheckedDraft = ScheduleDraft & { queryVersion: number }

/**
 * Checks a draft against the library and the tenants that the actor may see.
 *
 * @param options.allowUnknownNames keep it in spite of every objection but that it does not parse; what was
 * overruled when the query was saved needs no second word
 * @throws AppError `not_found`; `invalid` with `details.fields` or `details.parameters`; `invalid_query`
 */
export async function checkDraft(
  { db, library, analyzer, now }: CheckDeps,
  actor: Actor,
  draft: ScheduleDraft,
  { allowUnknownNames = false, signal }: SaveOptions,
): Promise<CheckedDraft> {
  const { queryId, parameters, queryVersion } = draft
  const rendered = await library.render(actor, queryId, parameters, queryVersion ?? undefined)
  const analysis = await analyzer.analyze(rendered.query, { caller: actor.id, signal })
  requireRunnable(analysis, allowUnknownNames || rendered.allowUnknownNames)
  const read = readDraft(draft, analysis.columns, now())
  const { tenants } = read
  if (tenants !== 'all' && !('tag' in tenants)) {
    const visible = await visibleIds(db, actor, tenants)
    if (tenants.some(id => !visible.has(id))) {
      throw new AppError('not_found', 'at least one of the chosen tenants does not exist', {
        details: { fields: { tenants: 'At least one of the chosen tenants does not exist' } },
      })
    }
  }
  return { ...read, queryVersion: rendered.version }
}

/** What decides whether two findings are the same: when it changes, what was seen means nothing. */
export function findingKeyOf({ queryId, queryVersion, parameters, keyColumns }: ScheduleRecord): string {
  const values = Object.entries(readParameters(parameters)).sort(([one], [other]) => (one < other ? -1 : 1))
  return JSON.stringify([queryId, queryVersion, values, [...keyColumns].sort()])
}
