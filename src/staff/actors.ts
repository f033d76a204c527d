import type { Actor } from '../tenants/actor.ts'
import { type LimitColumns, limitsOf } from '../tenants/limits.ts'
import { type Responders, readRoles, rolesInForce } from './roles.ts'

type MemberFacts = LimitColumns & { objectId: string; username: string; roles: string[] }
type KeyFacts = LimitColumns & { id: string; name: string; role: string }

/** Who a row of staff, or of an API key, stands for: what the row says now. */
export function createActors(responders: Responders) {
  function of(
    kind: 'staff' | 'api-key',
    id: string,
    label: string,
    stored: string[],
    row: LimitColumns,
  ): Actor {
    const held = readRoles(stored)
    const roles = rolesInForce(held, responders)
    return { kind, id, label, role: held[0] ?? null, roles, tenants: limitsOf(row) }
  }

  return {
    ofMember: ({ objectId, username, roles, ...row }: MemberFacts): Actor =>
      of('staff', objectId, username, roles, row),
    ofKey: ({ id, name, role, ...row }: KeyFacts): Actor => of('api-key', id, name, [role], row),
  }
}

export type Actors = ReturnType<typeof createActors>
