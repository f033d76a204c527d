import { AppError } from '../../errors.ts'
import type { StandingsOf } from '../../staff/standing.ts'
import type { Actor } from '../../tenants/actor.ts'
import type { RunProblem } from './model.ts'

/** Whom a schedule runs as, as its row says. */
export type OwnedRow = { runsAsKind: string; runsAsId: string; runsAs: string }

/** As whom a schedule runs now, or why it cannot run any more. */
export type Owner = { actor: Actor; problem: null } | { actor: null; problem: RunProblem }

/** The code of runs that came to nothing because their schedule's owner is gone. */
export const ownerGone = 'owner_gone'

/**
 * Runs see what the owner of their schedule may see at that time, never more;
 * when the owner is gone, nothing.
 */
export async function ownersOf(
  standingsOf: StandingsOf,
  schedules: OwnedRow[],
): Promise<(schedule: OwnedRow) => Owner> {
  const standings = await standingsOf(schedules.map(({ runsAsKind: kind, runsAsId: id }) => ({ kind, id })))
  return ({ runsAsId, runsAs, runsAsKind }) => {
    const standing = standings.get(runsAsId)
    if (standing?.actor) return { actor: standing.actor, problem: null }
    const owner = runsAsKind === 'api-key' ? `the API key "${runsAs}",` : `${runsAs},`
    const problem = {
      code: ownerGone,
      message: `its owner, ${owner} ${standing?.gone ?? 'is not known any more'}`,
      remedy: 'An administrator can take the schedule over; it then sees what the administrator sees.',
    }
    return { actor: null, problem }
  }
}

/** @throws AppError `conflict` when the schedule cannot run as its owner any more */
export async function requireOwner(standingsOf: StandingsOf, schedule: OwnedRow): Promise<void> {
  const { problem } = (await ownersOf(standingsOf, [schedule]))(schedule)
  if (problem) throw new AppError('conflict', problem.message, { remedy: problem.remedy ?? '' })
}
