import type { Surface } from '../clouds/clouds.ts'
import { type RoleKey, splitRole } from './roles.ts'

export type Capability =
  | 'incidents.read'
  | 'incidents.write'
  | 'alerts.read'
  | 'hunting'
  | 'devices.read'
  | 'devices.users'
  | 'devices.alerts'
  | 'devices.actions'
  | 'devices.isolate'
  | 'devices.release'
  | 'devices.scan'
  | 'devices.collect'

export type Ending = {
  /** Date, ISO 8601. */
  on: string
  /** `announced` for this very endpoint, `unclear` when only the API as a whole was named. */
  certainty: 'announced' | 'unclear'
  note: string
}

/** How one capability is served in one tenant. */
export type CapabilityChoice = {
  capability: Capability
  label: string
  /** Null: not available, see `needs`. */
  surface: Surface | null
  /** The granted role that opens it. */
  role: RoleKey | null
  /** Any one of these opens it; the first is the one to ask for. */
  needs: RoleKey[]
  ending: Ending | null
  /** What another surface adds to it, when a role for that is granted too. */
  addition: (Addition & { role: RoleKey; ending: Ending | null }) | null
}

/** What a surface knows beside the preferred one. */
type Addition = { surface: Surface; what: string }

type Row = {
  capability: Capability
  label: string
  roles: RoleKey[]
  endings?: Partial<Record<Surface, Ending>>
  addition?: Addition
}

const endOfReads = '2027-02-01'
const huntingEnds: Ending = {
  on: endOfReads,
  certainty: 'announced',
  note: 'Microsoft retires this hunting interface (MC1220762). Ask for ThreatHunting.Read.All on Microsoft Graph.',
}
const readsMayEnd: Ending = {
  on: endOfReads,
  certainty: 'unclear',
  note: 'Microsoft’s notice MC1220762 names this API as a whole. Ask for the role on Microsoft Graph in time.',
}

const devicesMayEnd: Ending = {
  on: endOfReads,
  certainty: 'unclear',
  note: 'Microsoft’s notice MC1220762 names this API as a whole. With ThreatHunting.Read.All devices are read through hunting instead, without risk scores.',
}
const actionsMayEnd: Ending = {
  on: endOfReads,
  certainty: 'unclear',
  note: 'Microsoft’s notice MC1220762 names this API as a whole, and Graph has no such actions. If it ends, they are left to the Defender portal.',
}

/**
 * Capabilities and the roles that open each, in the order in which surfaces
 * are preferred: Graph first.
 *
 * @see Defender XDR and Defender for Endpoint, retirement of the hunting APIs (MC1220762)
 */
const rows: readonly Row[] = [
  {
    capability: 'incidents.read',
    label: 'Read incidents',
    roles: [
      'graph:SecurityIncident.Read.All',
      'graph:SecurityIncident.ReadWrite.All',
      'defender:Incident.Read.All',
      'defender:Incident.ReadWrite.All',
    ],
    endings: { defender: readsMayEnd },
  },
  {
    capability: 'incidents.write',
    label: 'Assign, comment on and close incidents',
    roles: ['graph:SecurityIncident.ReadWrite.All', 'defender:Incident.ReadWrite.All'],
    endings: { defender: readsMayEnd },
  },
  {
    capability: 'alerts.read',
    label: 'Read alerts with their evidence',
    // Defender XDR has no alert list of its own: its incidents embed their alerts.
    roles: [
      'graph:SecurityAlert.Read.All',
      'graph:SecurityAlert.ReadWrite.All',
      'defender:Incident.Read.All',
      'defender:Incident.ReadWrite.All',
      'endpoint:Alert.Read.All',
      'endpoint:Alert.ReadWrite.All',
    ],
    endings: { defender: readsMayEnd, endpoint: readsMayEnd },
  },
  {
    capability: 'hunting',
    label: 'Hunt with KQL',
    roles: [
      'graph:ThreatHunting.Read.All',
      'defender:AdvancedHunting.Read.All',
      'endpoint:AdvancedQuery.Read.All',
    ],
    endings: { defender: huntingEnds, endpoint: huntingEnds },
  },
  {
    capability: 'devices.read',
    label: 'List and open devices',
    roles: ['graph:ThreatHunting.Read.All', 'endpoint:Machine.Read.All', 'endpoint:Machine.ReadWrite.All'],
    endings: { endpoint: devicesMayEnd },
    addition: {
      surface: 'endpoint',
      what: 'risk score, antivirus state, first report, devices that were silent for 30 days',
    },
  },
  {
    capability: 'devices.users',
    label: 'See who was signed in on a device',
    roles: ['graph:ThreatHunting.Read.All', 'endpoint:User.Read.All'],
    endings: { endpoint: devicesMayEnd },
    addition: { surface: 'endpoint', what: 'who of them is a domain administrator' },
  },
  {
    // Asked of Endpoint first where it is granted, which tells more; see defender/devices/devices.ts.
    capability: 'devices.alerts',
    label: 'Read the alerts of a device',
    roles: ['graph:ThreatHunting.Read.All', 'endpoint:Alert.Read.All', 'endpoint:Alert.ReadWrite.All'],
    endings: { endpoint: devicesMayEnd },
    addition: { surface: 'endpoint', what: 'their status and incident' },
  },
  {
    capability: 'devices.actions',
    label: 'See what was asked of a device',
    roles: ['endpoint:Machine.Read.All', 'endpoint:Machine.ReadWrite.All'],
    endings: { endpoint: actionsMayEnd },
  },
  {
    capability: 'devices.isolate',
    label: 'Isolate a device',
    roles: ['endpoint:Machine.Isolate'],
    endings: { endpoint: actionsMayEnd },
  },
  {
    capability: 'devices.release',
    label: 'Release a device from isolation',
    roles: ['endpoint:Machine.Isolate'],
    endings: { endpoint: actionsMayEnd },
  },
  {
    capability: 'devices.scan',
    label: 'Start an antivirus scan',
    roles: ['endpoint:Machine.Scan'],
    endings: { endpoint: actionsMayEnd },
  },
  {
    capability: 'devices.collect',
    label: 'Collect an investigation package',
    roles: ['endpoint:Machine.CollectForensics'],
    endings: { endpoint: actionsMayEnd },
  },
]

/** Every capability with the surface that serves it, chosen from the roles that the tenant's tokens carry. */
export function chooseSurfaces(granted: readonly string[]): CapabilityChoice[] {
  return rows.map(row => {
    const role = row.roles.find(key => granted.includes(key)) ?? null
    const surface = role ? splitRole(role).surface : null
    return {
      capability: row.capability,
      label: row.label,
      surface,
      role,
      needs: row.roles,
      ending: (surface && row.endings?.[surface]) ?? null,
      addition: additionOf(row, surface, granted),
    }
  })
}

function additionOf({ addition, roles, endings }: Row, surface: Surface | null, granted: readonly string[]) {
  if (!addition || surface === null || surface === addition.surface) return null
  const role = roles.find(key => splitRole(key).surface === addition.surface && granted.includes(key))
  return role ? { ...addition, role, ending: endings?.[addition.surface] ?? null } : null
}

/** The surface for one capability, null when no granted role opens it. */
export function surfaceFor(granted: readonly string[], capability: Capability): Surface | null {
  return chooseSurfaces(granted).find(choice => choice.capability === capability)?.surface ?? null
}

/** The roles of which any one opens the capability, the one to ask for first. */
export function rolesFor(capability: Capability): RoleKey[] {
  return rows.find(row => row.capability === capability)?.roles ?? []
}

/** The roles of one surface that open the capability there, the one to ask for first. */
export function rolesOn(capability: Capability, surface: Surface): RoleKey[] {
  return rolesFor(capability).filter(key => splitRole(key).surface === surface)
}

/** Whether a granted role opens the capability on this surface, preferred or not. */
export function isGrantedOn(granted: readonly string[], capability: Capability, surface: Surface): boolean {
  return rolesOn(capability, surface).some(key => granted.includes(key))
}

/** Something that uses an interface which may end, as a condition on granted roles. */
export type Dependence = {
  /** `hunting.defender` */
  key: string
  label: string
  surface: Surface
  ending: Ending
  /** A tenant depends on it when it granted any of these… */
  anyOf: RoleKey[]
  /** …and none of these, which are preferred. */
  noneOf: RoleKey[]
  /** The role to ask for instead; null when nothing replaces it. */
  instead: RoleKey | null
}

/**
 * Every capability on every interface that may end: who depends on what is a
 * question to the roles. Capabilities that one and the same consent opens are
 * one line.
 */
export function dependences(): Dependence[] {
  const lines = new Map<string, Dependence>()
  for (const { capability, label, roles, endings } of rows) {
    for (const surface of ['defender', 'endpoint'] as const) {
      const ending = endings?.[surface]
      if (!ending) continue
      const first = roles.findIndex(role => splitRole(role).surface === surface)
      const noneOf = roles.slice(0, first)
      const anyOf = roles.filter(role => splitRole(role).surface === surface)
      const instead = noneOf.find(role => splitRole(role).surface === 'graph') ?? null
      const group = [surface, ending.note, ...anyOf, 'without', ...noneOf].join(' ')
      const same = lines.get(group)
      if (same) lines.set(group, { ...same, label: `${same.label}; ${lowerFirst(label)}` })
      else
        lines.set(group, { key: `${capability}.${surface}`, label, surface, ending, anyOf, noneOf, instead })
    }
  }
  return [...lines.values()]
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
