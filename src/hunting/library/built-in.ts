import { collection } from './queries/collection.ts'
import { commandAndControl } from './queries/command-and-control.ts'
import { credentialAccess } from './queries/credential-access.ts'
import { defenseEvasion } from './queries/defense-evasion.ts'
import { discovery } from './queries/discovery.ts'
import { execution } from './queries/execution.ts'
import { exfiltration } from './queries/exfiltration.ts'
import { impact } from './queries/impact.ts'
import { initialAccess } from './queries/initial-access.ts'
import { lateralMovement } from './queries/lateral-movement.ts'
import { persistence } from './queries/persistence.ts'
import { posture } from './queries/posture.ts'
import { privilegeEscalation } from './queries/privilege-escalation.ts'
import type { BuiltInQuery, Tactic } from './tactics.ts'

const byTactic: Record<Tactic, BuiltInQuery[]> = {
  'initial-access': initialAccess,
  execution,
  persistence,
  'privilege-escalation': privilegeEscalation,
  'defense-evasion': defenseEvasion,
  'credential-access': credentialAccess,
  discovery,
  'lateral-movement': lateralMovement,
  collection,
  'command-and-control': commandAndControl,
  exfiltration,
  impact,
  posture,
}

/** The starting set: every query that comes with Tenantry, by tactic. */
export const builtInQueries: readonly (BuiltInQuery & { tactic: Tactic })[] = Object.entries(
  byTactic,
).flatMap(([tactic, queries]) => queries.map(query => ({ ...query, tactic: tactic as Tactic })))
