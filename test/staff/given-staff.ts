import { randomUUID } from 'node:crypto'
import { createAudit } from '../../src/audit/audit.ts'
import type { Database } from '../../src/platform/database/index.ts'
import { createActors } from '../../src/staff/actors.ts'
import { createCurrentAccess } from '../../src/staff/current-access.ts'
import { createApiKeys } from '../../src/staff/keys/api-keys.ts'
import { createKeyStates } from '../../src/staff/keys/key-state.ts'
import { createKeyStore } from '../../src/staff/keys/store.ts'
import { createMembers, type NewStaff } from '../../src/staff/members.ts'
import type { Responders } from '../../src/staff/roles.ts'
import { createSessionRows } from '../../src/staff/sessions/store.ts'
import { createStaffStore } from '../../src/staff/store.ts'
import type { StaffRole } from '../../src/tenants/actor.ts'

export type GivenStaff = ReturnType<typeof givenStaff>

/** Staff and keys on a real database, with a clock of their own. */
export function givenStaff(
  db: Database,
  {
    now = () => new Date(),
    newStaff = 'all',
    responders = 'analysts',
  }: { now?: () => Date; newStaff?: NewStaff; responders?: Responders } = {},
) {
  const store = createStaffStore(db)
  const keys = createKeyStore(db)
  const audit = createAudit({ db, key: Buffer.alloc(32, 1), now })
  const actors = createActors(responders)
  const sessionRows = createSessionRows(db, 3_600_000)
  const keyStates = createKeyStates({ store, actors, now })
  const membersAt = (at: () => Date) =>
    createMembers({ store, sessionRows, actors, audit, newStaff, now: at })
  const signIn = (objectId: string, roles: StaffRole[], at: Date) =>
    membersAt(() => at).signedIn({
      objectId,
      username: `${objectId}@partner.example`,
      name: 'Ada',
      roles,
      sid: null,
      loginHint: null,
      authenticatedAt: null,
      acrs: [],
    })

  return {
    members: membersAt(now),
    apiKeys: createApiKeys({
      store: keys,
      states: keyStates,
      isWithin: store.isWithin,
      audit,
      life: { usualDays: 90, mostDays: 365 },
      now,
    }),
    currentAccessOf: createCurrentAccess({ store, keys, keyStates, actors, now }),
    signIn,
    /** Somebody new. @returns the object id */
    async signedIn(roles: StaffRole[], at = now()): Promise<string> {
      const objectId = randomUUID()
      await signIn(objectId, roles, at)
      return objectId
    },
  }
}
