import { AppError, type Failure, failureOf, ownFailure } from '../../errors.ts'
import type { IncidentChange } from '../../microsoft/defender/index.ts'
import { createSemaphore } from '../../platform/limits/semaphore.ts'
import type { Actor } from '../../tenants/actor.ts'
import { requireAct } from '../../tenants/permissions.ts'
import type { IncidentView } from '../model.ts'
import type { ChangeIncident } from './change.ts'

/** What became of one of many incidents. */
export type ChangeResult =
  | {
      id: string
      ok: true
      incident: IncidentView
      /** What the changed fields said before: what would undo it. */
      before: Record<string, unknown>
    }
  | { id: string; ok: false; error: Failure }

export type ChangeIncidents = (
  actor: Actor,
  ids: readonly string[],
  change: IncidentChange,
  onResult?: (result: ChangeResult) => void,
) => Promise<ChangeResult[]>

export const mostAtOnce = 200

/** Calls of one request at once; each tenant's own bound holds beside it. */
const parallel = 12

/**
 * Makes the function that changes many incidents of any tenants: each for
 * itself, read before it is written; one that fails holds up none of the
 * others. It throws AppError `forbidden`, and `invalid` for more than 200.
 */
export function createChangeIncidents(
  change: ChangeIncident,
  onBug: (error: unknown, id: string) => void,
): ChangeIncidents {
  return async (actor, ids, wanted, onResult = () => {}) => {
    requireAct(actor, 'incident.write')
    if (ids.length === 0 || ids.length > mostAtOnce) {
      throw new AppError('invalid', `between 1 and ${mostAtOnce} incidents can be changed at once`)
    }
    const semaphore = createSemaphore(parallel)
    const changeOne = async (id: string): Promise<ChangeResult> => {
      try {
        return { id, ok: true, ...(await change(actor, id, wanted, null)) }
      } catch (error) {
        const failure = failureOf(error)
        if (!failure) onBug(error, id)
        return { id, ok: false, error: failure ?? unexpected }
      }
    }
    // The same incident twice would be written twice.
    const once = new Map<string, Promise<ChangeResult>>()
    for (const id of new Set(ids)) {
      const result = semaphore.run(() => changeOne(id))
      once.set(id, result)
      result.then(onResult, () => {})
    }
    return Promise.all(ids.map(id => once.get(id) ?? changeOne(id)))
  }
}

const unexpected = ownFailure({
  code: 'unexpected',
  message: 'Something went wrong here; the log has the details.',
  remedy: 'Try again; if it repeats, report it.',
})
