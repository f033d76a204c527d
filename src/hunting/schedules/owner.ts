import { AppError, type Failure, ownFailure } from '../../errors.ts'
import type { CurrentAccessOf } from '../../staff/current-access.ts'
import type { Actor } from '../../tenants/actor.ts'

/** Whom a schedule runs as, as its row says. */
export type OwnedRow = { runsAsKind: string; runsAsId: string; runsAs: string }

/** As whom a schedule runs now, or why it cannot run any more. */
export type Owner = { actor: Actor; problem: null } | { actor: null; problem: Failure }

/** The code of runs that came to nothing because their schedule's owner is gone. */
export const ownerGone = 'owner_gone'

/**
 * Runs see what the owner of their schedule may see at that time, never more;
 * when the owner is gone, nothing.
 */
export async function ownersOf(
  currentAccessOf: CurrentAccessOf,
  schedules: OwnedRow[],
): Promise<(schedule: OwnedRow) => Owner> {
  const accessOf = await currentAccessOf(
    schedules.map(({ runsAsKind: kind, runsAsId: id }) => ({ kind, id })),
  )
  return ({ runsAsId, runsAs, runsAsKind }) => {
    const access = accessOf.get(runsAsId)
    if (access?.actor) return { actor: access.actor, problem: null }
    const owner = runsAsKind === 'api-key' ? `the API key "${runsAs}",` : `${runsAs},`
    const problem = ownFailure({
      code: ownerGone,
      message: `its owner, ${owner} ${access?.gone ?? 'is not known any more'}`,
      remedy: 'An administrator can take the schedule over; it then sees what the administrator sees.',
    })
    return { actor: null, problem }
  }
}

/** @throws AppError `conflict` when the schedule cannot run as its owner any more */
export async function requireOwner(currentAccessOf: CurrentAccessOf, schedule: OwnedRow): Promise<void> {
  const { problem } = (await ownersOf(currentAccessOf, [schedule]))(schedule)
  if (problem) throw new AppError('conflict', problem.message, { remedy: problem.remedy })
}
