import { type Failure, ownFailure } from '../../errors.ts'
import type { CurrentAccess } from '../../staff/current-access.ts'
import type { Actor } from '../../tenants/actor.ts'

/** As whom a rule sees now, or why it cannot tell any more. */
export type RuleOwner = { actor: Actor; problem: null } | { actor: null; problem: Failure }

/** A rule sees what its owner may see when it tells, never more; when the owner is gone, nothing. */
export function ownerOf(
  { ownerKind, owner }: { ownerKind: string; owner: string },
  access: CurrentAccess | undefined,
): RuleOwner {
  if (access?.actor) return { actor: access.actor, problem: null }
  const who = ownerKind === 'api-key' ? `the API key "${owner}",` : `${owner},`
  const problem = ownFailure({
    code: 'owner_gone',
    message: `its owner, ${who} ${access?.gone ?? 'is not known any more'}`,
    remedy: 'An administrator can take the rule over; it then sees what the administrator sees.',
  })
  return { actor: null, problem }
}
