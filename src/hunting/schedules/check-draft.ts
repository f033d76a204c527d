import type { Database } from '../../database/index.ts'
import { AppError } from '../../errors.ts'
import type { Actor } from '../../tenants/actor.ts'
import type { Library } from '../library/library.ts'
import type { ScheduleDraft } from './model.ts'
import { readDraft } from './read-draft.ts'
import { type ScheduleRecord, visibleIds } from './store.ts'
import { readParameters } from './view.ts'

/** A draft that was found right; its query at the version that will run. */
export type CheckedDraft = ScheduleDraft & { queryVersion: number }

/**
 * Checks a draft against the library and the tenants that the actor may see.
 *
 * @throws AppError `not_found`; `invalid` with `details.fields` or `details.parameters`
 */
export async function checkDraft(
  { db, library, now }: { db: Database; library: Pick<Library, 'render'>; now: () => Date },
  actor: Actor,
  draft: ScheduleDraft,
): Promise<CheckedDraft> {
  const { queryId, parameters, queryVersion } = draft
  const { query, version } = await library.render(actor, queryId, parameters, queryVersion ?? undefined)
  const read = readDraft(draft, query, now())
  const { tenants } = read
  if (tenants !== 'all' && !('tag' in tenants)) {
    const visible = await visibleIds(db, actor, tenants)
    if (tenants.some(id => !visible.has(id))) {
      throw new AppError('not_found', 'at least one of the chosen tenants does not exist', {
        details: { fields: { tenants: 'At least one of the chosen tenants does not exist' } },
      })
    }
  }
  return { ...read, queryVersion: version }
}

/** What decides whether two findings are the same: when it changes, what was seen means nothing. */
export function meaningOf({ queryId, queryVersion, parameters, keyColumns }: ScheduleRecord): string {
  const values = Object.entries(readParameters(parameters)).sort(([one], [other]) => (one < other ? -1 : 1))
  return JSON.stringify([queryId, queryVersion, values, [...keyColumns].sort()])
}
