import type { KqlValue } from '../../kql/types.ts'
import type { Device } from '../devices.ts'
import { makeRandom, type Random, seedOf } from '../random.ts'
import { packRow } from '../rows.ts'
import type { TenantInventory } from '../tenant-inventory.ts'
import { formatTicks, ticksOfMs, ticksPerDay } from '../ticks.ts'

/** Makes the rows of a table that has no time: how things stand. */
export type Snapshot = (inventory: TenantInventory) => KqlValue[][]

type Software = { vendor: string; name: string; versions: string[]; endOfSupport: string }
type Weakness = { cve: string; software: string; severity: string; score: string; isExploited: boolean }

const software: readonly Software[] = [
  {
    vendor: 'microsoft',
    name: 'edge_chromium-based',
    versions: ['128.0.2739.42', '130.0.2849.46'],
    endOfSupport: '',
  },
  {
    vendor: 'microsoft',
    name: 'office',
    versions: ['16.0.17928.20156', '16.0.18025.20104'],
    endOfSupport: '',
  },
  { vendor: '7-zip', name: '7-zip', versions: ['19.00', '24.08'], endOfSupport: '' },
  { vendor: 'videolan', name: 'vlc_media_player', versions: ['3.0.18', '3.0.21'], endOfSupport: '' },
  { vendor: 'google', name: 'chrome', versions: ['127.0.6533.120', '130.0.6723.70'], endOfSupport: '' },
  {
    vendor: 'adobe',
    name: 'acrobat_reader_dc',
    versions: ['23.008.20555', '24.003.20180'],
    endOfSupport: '',
  },
  { vendor: 'openssl', name: 'openssl', versions: ['1.1.1w', '3.0.15'], endOfSupport: 'EOS Version' },
  { vendor: 'notepad++', name: 'notepad++', versions: ['8.5.6', '8.7'], endOfSupport: '' },
]

/** Numbers of our own beyond any real one, so that nobody looks them up. */
const weaknesses: readonly Weakness[] = [
  { cve: 'CVE-2026-90011', software: '7-zip', severity: 'High', score: '7.8', isExploited: true },
  {
    cve: 'CVE-2026-90024',
    software: 'vlc_media_player',
    severity: 'Medium',
    score: '5.5',
    isExploited: false,
  },
  { cve: 'CVE-2026-90037', software: 'chrome', severity: 'Critical', score: '9.6', isExploited: true },
  {
    cve: 'CVE-2026-90038',
    software: 'edge_chromium-based',
    severity: 'Critical',
    score: '9.6',
    isExploited: true,
  },
  { cve: 'CVE-2026-90102', software: 'openssl', severity: 'High', score: '7.5', isExploited: false },
  {
    cve: 'CVE-2026-90155',
    software: 'acrobat_reader_dc',
    severity: 'High',
    score: '8.6',
    isExploited: false,
  },
  { cve: 'CVE-2026-90206', software: 'office', severity: 'Medium', score: '6.5', isExploited: false },
]

type Installed = { device: Device; software: Software; version: string; isOld: boolean }

function installed(inventory: TenantInventory): Installed[] {
  const random = makeRandom(seedOf(inventory.profile.seed, 'software'))
  return inventory.devices.flatMap(device =>
    software.flatMap(one => {
      const isThere = random.chance(0.7)
      const isOld = random.chance(0.45)
      if (!isThere) return []
      return [{ device, software: one, version: one.versions[isOld ? 0 : 1] ?? '', isOld }]
    }),
  )
}

function installedColumns({ device, software: one, version }: Installed) {
  return {
    DeviceId: device.id,
    DeviceName: device.dnsName,
    OSPlatform: device.os.platform,
    OSVersion: device.os.kernel,
    OSArchitecture: 'x64',
    SoftwareVendor: one.vendor,
    SoftwareName: one.name,
    SoftwareVersion: version,
  }
}

export const softwareInventory: Snapshot = inventory =>
  installed(inventory).map(one =>
    packRow(
      'DeviceTvmSoftwareInventory',
      { EndOfSupportStatus: one.isOld ? one.software.endOfSupport : '' },
      installedColumns(one),
    ),
  )

export const softwareVulnerabilities: Snapshot = inventory =>
  installed(inventory)
    .filter(one => one.isOld)
    .flatMap(one =>
      weaknesses
        .filter(weakness => weakness.software === one.software.name)
        .map(weakness =>
          packRow(
            'DeviceTvmSoftwareVulnerabilities',
            {
              CveId: weakness.cve,
              VulnerabilitySeverityLevel: weakness.severity,
              RecommendedSecurityUpdate: `Update to ${one.software.versions[1] ?? 'the latest version'}`,
              CveTags: weakness.isExploited ? ['ZeroDay'] : [],
            },
            installedColumns(one),
          ),
        ),
    )

export const vulnerabilityKnowledge: Snapshot = inventory => {
  const modified = ticksOfMs(inventory.epoch.getTime()) - 3n * ticksPerDay
  return weaknesses.map(weakness =>
    packRow('DeviceTvmSoftwareVulnerabilitiesKB', {
      CveId: weakness.cve,
      CvssScore: weakness.score,
      IsExploitAvailable: weakness.isExploited,
      VulnerabilitySeverityLevel: weakness.severity,
      LastModifiedTime: modified,
      PublishedDate: modified - 20n * ticksPerDay,
      VulnerabilityDescription: `A weakness in ${weakness.software} that an attacker can use.`,
      AffectedSoftware: [weakness.software],
    }),
  )
}

const configurations = [
  ['scid-2010', 'Turn on real-time protection', 'Security controls', 'Antivirus', 9],
  ['scid-2011', 'Update security intelligence', 'Security controls', 'Antivirus', 8],
  ['scid-96', 'Disable the local administrator account', 'Accounts', 'Local accounts', 5],
  ['scid-2070', 'Block execution of scripts in mail', 'Security controls', 'Attack surface reduction', 7],
] as const

export const secureConfiguration: Snapshot = inventory => {
  const random = makeRandom(seedOf(inventory.profile.seed, 'configuration'))
  const at = ticksOfMs(inventory.epoch.getTime()) - ticksPerDay
  return inventory.devices.flatMap(device =>
    configurations.map(([id, , category, subcategory, impact]) =>
      packRow('DeviceTvmSecureConfigurationAssessment', {
        DeviceId: device.id,
        DeviceName: device.dnsName,
        OSPlatform: device.os.platform,
        Timestamp: at + BigInt(random.int(0, 863_999_999_999)),
        ConfigurationId: id,
        ConfigurationCategory: category,
        ConfigurationSubcategory: subcategory,
        ConfigurationImpact: impact,
        IsCompliant: random.chance(0.8),
        IsApplicable: device.os.isWindows,
        Context: device.os.isWindows ? antivirusContext(id, device, at) : null,
        IsExpectedUserImpact: false,
      }),
    ),
  )
}

/** What the two checks of the antivirus found: its mode; its versions and when they came. */
function antivirusContext(id: string, device: Device, at: bigint): KqlValue {
  const { mode, engine, signature, product } = antivirusOf(device)
  if (id === 'scid-2010') return [[mode]]
  if (id !== 'scid-2011') return null
  const updated = formatTicks(device.av === 'updated' ? at : at - 9n * ticksPerDay)
  return [[signature, engine, updated, product]]
}

/** Mode (0 active, 1 passive) and versions of a device's antivirus. */
export function antivirusOf(device: Device) {
  return {
    mode: device.av === 'disabled' ? '1' : '0',
    engine: '1.1.26090.4',
    signature: device.av === 'updated' ? '1.441.512.0' : '1.433.88.0',
    product: '4.18.26090.9',
  }
}

export const configurationKnowledge: Snapshot = () =>
  configurations.map(([id, name, category, subcategory, impact]) =>
    packRow('DeviceTvmSecureConfigurationAssessmentKB', {
      ConfigurationId: id,
      ConfigurationImpact: impact,
      ConfigurationName: name,
      ConfigurationDescription: `${name} on every device.`,
      ConfigurationCategory: category,
      ConfigurationSubcategory: subcategory,
      ConfigurationBenchmarks: [],
      Tags: [],
    }),
  )

function nodeId(inventory: TenantInventory, kind: string, id: string): string {
  return makeRandom(seedOf(inventory.profile.seed, kind, id)).guid()
}

export const exposureNodes: Snapshot = inventory => [
  ...inventory.devices.map(device =>
    packRow('ExposureGraphNodes', {
      NodeId: nodeId(inventory, 'device', device.id),
      NodeLabel: 'device',
      NodeName: device.dnsName,
      Categories: ['device', 'compute'],
      NodeProperties: {
        rawData: {
          deviceName: device.dnsName,
          osPlatform: device.os.platform,
          exposureScore: device.exposure,
          isInternetFacing: device.hostName.includes('web'),
        },
      },
      EntityIds: [{ type: 'DeviceInventoryId', id: device.id }],
    }),
  ),
  ...inventory.accounts.map(account =>
    packRow('ExposureGraphNodes', {
      NodeId: nodeId(inventory, 'user', account.objectId),
      NodeLabel: 'user',
      NodeName: account.name,
      Categories: ['identity'],
      NodeProperties: { rawData: { accountUpn: account.upn, isAdmin: account.isAdmin } },
      EntityIds: [{ type: 'AadObjectId', id: account.objectId }],
    }),
  ),
]

export const exposureEdges: Snapshot = inventory =>
  inventory.devices.map(device =>
    packRow('ExposureGraphEdges', {
      EdgeId: nodeId(inventory, 'edge', device.id),
      EdgeLabel: 'can authenticate to',
      SourceNodeId: nodeId(inventory, 'user', device.owner.objectId),
      SourceNodeName: device.owner.name,
      SourceNodeLabel: 'user',
      SourceNodeCategories: ['identity'],
      TargetNodeId: nodeId(inventory, 'device', device.id),
      TargetNodeName: device.dnsName,
      TargetNodeLabel: 'device',
      TargetNodeCategories: ['device', 'compute'],
      EdgeProperties: { rawData: { logonCount: Number.parseInt(device.id.slice(0, 2), 16) } },
    }),
  )

export const oauthApps: Snapshot = inventory => {
  const random: Random = makeRandom(seedOf(inventory.profile.seed, 'oauth apps'))
  const at = ticksOfMs(inventory.epoch.getTime()) - ticksPerDay
  return ['Backup Connector', 'HR Sync', 'Helpdesk Bridge', 'Mail Backup Pro'].map(name =>
    packRow('OAuthAppInfo', {
      ReportId: random.guid(),
      Timestamp: at,
      OAuthAppId: random.guid(),
      ServicePrincipalId: random.guid(),
      AppName: name,
      AddedOnTime: at - BigInt(random.int(10, 300)) * ticksPerDay,
      AppStatus: 'Enabled',
      VerifiedPublisher: name === 'Mail Backup Pro' ? {} : { displayName: `${name} Ltd` },
      PrivilegeLevel: name === 'Mail Backup Pro' ? 'High' : random.pick(['Low', 'Medium']),
      Permissions: [{ PermissionValue: 'Mail.Read', PermissionType: 'Application', InUse: true }],
      ConsentedUsersCount: random.int(1, 20),
      IsAdminConsented: true,
      AppOrigin: 'External',
      LastUsedTime: at,
    }),
  )
}
