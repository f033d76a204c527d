import type { Tokens } from '../microsoft/tokens/index.ts'
import { createActors } from '../staff/actors.ts'
import { createCurrentAccess } from '../staff/current-access.ts'
import { createCurrentActors } from '../staff/current-actors.ts'
import { createApiKeys } from '../staff/keys/api-keys.ts'
import { createKeyStates } from '../staff/keys/key-state.ts'
import { createKeyStore } from '../staff/keys/store.ts'
import { createMembers } from '../staff/members.ts'
import { createStaffSessions } from '../staff/sessions/sessions.ts'
import { createSessionRows } from '../staff/sessions/store.ts'
import { createSignIn } from '../staff/sign-in.ts'
import { createStaffStore } from '../staff/store.ts'
import type { Act } from '../tenants/permissions.ts'
import type { Base } from './base.ts'

/** Staff and API keys: who they are, how they sign in, what they may still do. */
export function createStaff({ config, db, installation, key, audit, now }: Base, tokens: Tokens) {
  const store = createStaffStore(db)
  const keys = createKeyStore(db)
  const sessionRows = createSessionRows(db, config.sessionIdleMinutes * 60_000)
  const actors = createActors(config.responders)
  const keyStates = createKeyStates({ store, actors, now })
  const apiKeys = createApiKeys({
    store: keys,
    states: keyStates,
    isWithin: store.isWithin,
    audit,
    life: { usualDays: config.keyDays, mostDays: config.keyMostDays },
    now,
  })
  const members = createMembers({ store, sessionRows, actors, audit, newStaff: config.newStaff, now })
  const staffSessions = createStaffSessions({ rows: sessionRows, store, actors, members, audit, now })
  const currentActors = createCurrentActors({ keys, keyStates, sessions: staffSessions })
  const signIn = createSignIn({
    entra: tokens.signIn,
    key,
    partnerTenantId: config.partnerTenantId,
    redirectUri: `${config.publicUrl}/auth/callback`,
    acr: config.staffAcr,
    noteDirectoryRoles: installation.rememberDirectoryRoles,
    now: () => now().getTime(),
  })

  const access = { store, keys, keyStates, actors, now }
  const currentAccessOf = createCurrentAccess(access)
  /** The same for whoever set up a rule. */
  const ruleAccessOf = createCurrentAccess(access, { act: 'rule.write', lacking: 'may look only' })

  return {
    sessionRows,
    apiKeys,
    members,
    staffSessions,
    currentActors,
    signIn,
    currentAccessOf,
    ruleAccessOf,
    accessFor: (act: Act) => createCurrentAccess(access, { act, lacking: 'may not do this' }),
    knownKeys: () => keys.all(),
  }
}
