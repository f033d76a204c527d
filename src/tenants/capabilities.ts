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
}

type Row = {
  capability: Capability
  label: string
  roles: RoleKey[]
  endings?: Partial<Record<Surface, Ending>>
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

const devicesStay: Ending = {
  on: endOfReads,
  certainty: 'unclear',
  note: 'Microsoft’s notice MC1220762 names this API as a whole, but nothing replaces it for devices and none was announced.',
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
    roles: ['endpoint:Machine.Read.All', 'endpoint:Machine.ReadWrite.All'],
    endings: { endpoint: devicesStay },
  },
  {
    capability: 'devices.users',
    label: 'See who was signed in on a device',
    roles: ['endpoint:User.Read.All'],
  },
  {
    capability: 'devices.alerts',
    label: 'Read the alerts of a device',
    roles: ['endpoint:Alert.Read.All', 'endpoint:Alert.ReadWrite.All'],
  },
  { capability: 'devices.isolate', label: 'Isolate a device', roles: ['endpoint:Machine.Isolate'] },
  {
    capability: 'devices.release',
    label: 'Release a device from isolation',
    roles: ['endpoint:Machine.Isolate'],
  },
  { capability: 'devices.scan', label: 'Start an antivirus scan', roles: ['endpoint:Machine.Scan'] },
  {
    capability: 'devices.collect',
    label: 'Collect an investigation package',
    roles: ['endpoint:Machine.CollectForensics'],
  },
]

/** Every capability with the surface it rides on, chosen from the roles that the tenant's tokens carry. */
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
    }
  })
}

/** The surface for one capability, null when no granted role opens it. */
export function surfaceFor(granted: readonly string[], capability: Capability): Surface | null {
  return chooseSurfaces(granted).find(choice => choice.capability === capability)?.surface ?? null
}

/** The roles of which any one opens the capability, the one to ask for first. */
export function rolesFor(capability: Capability): RoleKey[] {
  return rows.find(row => row.capability === capability)?.roles ?? []
}

/** Something that rides on an interface which may end, as a condition on granted roles. */
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

/** Every capability on every interface that may end: who depends on what is a question to the roles. */
export function dependences(): Dependence[] {
  return rows.flatMap(({ capability, label, roles, endings }) =>
    (['defender', 'endpoint'] as const).flatMap(surface => {
      const ending = endings?.[surface]
      if (!ending) return []
      const first = roles.findIndex(role => splitRole(role).surface === surface)
      const noneOf = roles.slice(0, first)
      const anyOf = roles.filter(role => splitRole(role).surface === surface)
      const instead = noneOf.find(role => splitRole(role).surface === 'graph') ?? null
      return [{ key: `${capability}.${surface}`, label, surface, ending, anyOf, noneOf, instead }]
    }),
  )
}
