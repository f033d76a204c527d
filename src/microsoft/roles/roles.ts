import type { Surface } from '../clouds/clouds.ts'

/** A role with the surface it belongs to, as rows, settings and answers spell it: `graph:ThreatHunting.Read.All`. */
export type RoleKey = `${Surface}:${string}`

/** Roles of one family do the same thing on whichever surface; `write` includes `read`. */
export type RoleFamily = 'incidents' | 'alerts' | 'hunting' | 'devices'

export type KnownRole = {
  key: RoleKey
  /** App role id on the surface's resource. */
  id: string
  /** For the customer's admin: what the permission lets the partner do. Continues "lets us". */
  lets: string
  /** For staff: what does not work without it. */
  disables: string
  family?: { name: RoleFamily; level: 'read' | 'write' }
}

/**
 * The application permissions that Tenantry can make use of.
 *
 * @see Microsoft Graph permissions reference; Defender XDR and Defender for
 *   Endpoint, "Supported APIs", for the names and what each opens
 */
const knownRoles: readonly KnownRole[] = [
  {
    key: 'graph:SecurityIncident.Read.All',
    id: '45cc0394-e837-488b-a098-1918f48d186c',
    lets: 'read the security incidents that Microsoft Defender raises in your organization',
    disables: 'The tenant’s incidents do not appear in the queue.',
    family: { name: 'incidents', level: 'read' },
  },
  {
    key: 'graph:SecurityIncident.ReadWrite.All',
    id: '34bf0e97-1971-4929-b999-9e2442d941d7',
    lets: 'read your security incidents, and assign, comment on and close them for you',
    disables: 'Incidents can be read but not assigned, commented on or closed.',
    family: { name: 'incidents', level: 'write' },
  },
  {
    key: 'graph:SecurityAlert.Read.All',
    id: '472e4a4d-bb4a-4026-98d1-0b0d74cb74a5',
    lets: 'read the single alerts behind an incident, with the files, devices and accounts they name',
    disables: 'Incidents show no alerts and no evidence.',
    family: { name: 'alerts', level: 'read' },
  },
  {
    key: 'graph:SecurityAlert.ReadWrite.All',
    id: 'ed4fca05-be46-441f-9803-1873825f8fdb',
    lets: 'read alerts, and classify and resolve them for you',
    disables: 'Alerts can be read but not classified.',
    family: { name: 'alerts', level: 'write' },
  },
  {
    key: 'graph:ThreatHunting.Read.All',
    id: 'dd98c7f5-2d42-42d3-a0e4-633161547251',
    lets: 'search the security events that Defender recorded in the last 30 days (advanced hunting), reading only',
    disables: 'The tenant cannot be hunted in.',
    family: { name: 'hunting', level: 'read' },
  },
  {
    key: 'defender:Incident.Read.All',
    id: 'a9790345-4595-42e4-971a-ccdc79f19b7c',
    lets: 'read your security incidents through the older Defender interface',
    disables: 'The tenant’s incidents do not appear in the queue.',
    family: { name: 'incidents', level: 'read' },
  },
  {
    key: 'defender:Incident.ReadWrite.All',
    id: '8d90f441-09cf-4fdc-ab45-e874fa3a28e8',
    lets: 'read, assign, comment on and close your incidents through the older Defender interface',
    disables: 'Incidents can be read but not assigned, commented on or closed.',
    family: { name: 'incidents', level: 'write' },
  },
  {
    key: 'defender:AdvancedHunting.Read.All',
    id: '7734e8e5-8dde-42fc-b5ae-6eafea078693',
    lets: 'search your recorded security events through the older Defender interface, reading only',
    disables: 'The tenant cannot be hunted in.',
    family: { name: 'hunting', level: 'read' },
  },
  {
    key: 'endpoint:Machine.Read.All',
    id: 'ea8291d3-4b9a-44b5-bc3a-6cea3026dc79',
    lets: 'see the devices that Defender protects: names, versions, risk, and what was done to them',
    disables:
      'Devices have no risk score, and what was asked of them cannot be followed; without ThreatHunting.Read.All they cannot be listed at all.',
    family: { name: 'devices', level: 'read' },
  },
  {
    key: 'endpoint:Machine.ReadWrite.All',
    id: 'aa027352-232b-4ed4-b963-a705fc4d6d2c',
    lets: 'see your devices and set their tags and value',
    disables: 'Devices can be read but not tagged.',
    family: { name: 'devices', level: 'write' },
  },
  {
    key: 'endpoint:Machine.Isolate',
    id: '7e4e1300-e1b9-4102-88ba-f0cb6e6d5974',
    lets: 'cut a device off from the network during an attack, and bring it back',
    disables: 'Devices cannot be isolated or released.',
  },
  {
    key: 'endpoint:Machine.Scan',
    id: 'a86d9824-b2b6-45f8-b042-16bc4922ed4e',
    lets: 'start an antivirus scan on a device',
    disables: 'Antivirus scans cannot be started.',
  },
  {
    key: 'endpoint:Machine.CollectForensics',
    id: '15405ab2-2103-4a3c-ad80-e829841cedcc',
    lets: 'collect an investigation package (logs, processes, settings) from a device',
    disables: 'Investigation packages cannot be collected.',
  },
  {
    key: 'endpoint:User.Read.All',
    id: 'a833834a-4cf1-4732-8acf-bbcfa13fb610',
    lets: 'see who was signed in on a device',
    disables: 'Device pages do not show who was signed in.',
  },
  {
    key: 'endpoint:Alert.Read.All',
    id: '71fe6b80-7034-4028-9ed8-0f316df9c3ff',
    lets: 'read the alerts of a device',
    disables: 'Device pages show no alerts.',
    family: { name: 'alerts', level: 'read' },
  },
  {
    key: 'endpoint:Alert.ReadWrite.All',
    id: '0f7000ec-157b-497f-b70e-ef0b0584f140',
    lets: 'read the alerts of a device, and classify them for you',
    disables: 'Device alerts can be read but not classified.',
    family: { name: 'alerts', level: 'write' },
  },
  {
    key: 'endpoint:AdvancedQuery.Read.All',
    id: '93489bf5-0fbc-4f2d-b901-33f2fe08ff05',
    lets: 'search the recorded events of your devices through the older Endpoint interface, reading only',
    disables: 'The tenant cannot be hunted in.',
    family: { name: 'hunting', level: 'read' },
  },
]

const byKey = new Map(knownRoles.map(role => [role.key, role]))

export const surfaces: readonly Surface[] = ['graph', 'defender', 'endpoint']

export function knownRole(key: string): KnownRole | null {
  return byKey.get(key as RoleKey) ?? null
}

export function roleKey(surface: Surface, role: string): RoleKey {
  return `${surface}:${role}`
}

export function splitRole(key: RoleKey): { surface: Surface; role: string } {
  const colon = key.indexOf(':')
  return { surface: key.slice(0, colon) as Surface, role: key.slice(colon + 1) }
}

/** As pages name a surface to people. */
export const surfaceLabels: Record<Surface, string> = {
  graph: 'Microsoft Graph security',
  defender: 'Microsoft Defender XDR',
  endpoint: 'Microsoft Defender for Endpoint',
}

/** What the permission lets the partner do, for the customer's admin. A role we do not know is named as it is. */
export function describeForCustomer(key: RoleKey): {
  key: RoleKey
  name: string
  product: string
  lets: string
} {
  const { surface, role } = splitRole(key)
  const lets = knownRole(key)?.lets ?? `use the permission ${role} of ${surfaceLabels[surface]}`
  return { key, name: role, product: surfaceLabels[surface], lets }
}

/** What does not work while the role is missing, for staff. */
export function describeAbsence(key: RoleKey): { key: RoleKey; disables: string } {
  return { key, disables: knownRole(key)?.disables ?? `What needs ${key} does not work.` }
}

/**
 * Reads `REQUIRED_ROLES`: comma-separated `surface:Role`; a bare name means
 * the first surface that has it, in the order graph, defender, endpoint.
 *
 * @returns the roles without repetition, and one sentence for each entry that cannot be read
 */
export function parseRequiredRoles(text: string): { roles: RoleKey[]; problems: string[] } {
  const roles = new Set<RoleKey>()
  const problems: string[] = []

  for (const entry of text.split(',').map(part => part.trim())) {
    if (entry === '') continue
    const role = parseRole(entry)
    if (role) roles.add(role)
    else
      problems.push(
        `"${entry}" is not a role: write surface:Role, with graph, defender or endpoint as surface`,
      )
  }
  if (roles.size === 0 && problems.length === 0) problems.push('no role is named; name at least one')
  return { roles: [...roles], problems }
}

/** One `surface:Role` or known bare name, null for anything else. Known names are taken in any case. */
function parseRole(entry: string): RoleKey | null {
  const match = /^(?:(graph|defender|endpoint):)?([A-Za-z][A-Za-z0-9]*(?:\.[A-Za-z0-9]+)+)$/i.exec(entry)
  const role = match?.[2]
  if (!role) return null

  const named = match[1]?.toLowerCase() as Surface | undefined
  for (const surface of named ? [named] : surfaces) {
    const wanted = `${surface}:${role}`.toLowerCase()
    const known = knownRoles.find(({ key }) => key.toLowerCase() === wanted)
    if (known) return known.key
  }
  return named ? roleKey(named, role) : null
}
