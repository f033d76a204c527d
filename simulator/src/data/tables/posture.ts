import type { KqlValue } from '../../kql/types.ts'
import type { Device } from '../devices.ts'
import { makeRandom, seedOf } from '../random.ts'
import { packRow } from '../rows.ts'
import { ticksOfMs, ticksPerDay } from '../ticks.ts'
import { antivirusOf, type Snapshot } from './snapshots.ts'

type Extension = {
  id: string
  name: string
  vendor: string
  version: string
  risk: 'Low' | 'Medium' | 'High' | 'Critical'
  permission: [id: string, name: string]
}

/** Invented ones, with ids of the form that browsers use. */
const extensions: readonly Extension[] = [
  {
    id: 'aapbdkcnbefhigjlmopaaceihnkfplob',
    name: 'Harbour Password Keeper',
    vendor: 'Harbour Software',
    version: '4.11.2',
    risk: 'Medium',
    permission: ['storage', 'Store data'],
  },
  {
    id: 'bbkhmfaejlnpodcigabmdkeofhcpnjal',
    name: 'Fieldstone Meeting Notes',
    vendor: 'Fieldstone Systems',
    version: '1.8.0',
    risk: 'Low',
    permission: ['activeTab', 'Read the active tab'],
  },
  {
    id: 'cdoplnmaikfhbgejcdoplnmaikfhbgej',
    name: 'Coupon Finder Plus',
    vendor: 'clickdeals.example',
    version: '0.3.7',
    risk: 'Critical',
    permission: ['<all_urls>', 'Read and change all data on all sites'],
  },
]

/** Who has which extension: the risky one on a few workstations only. */
export const browserExtensions: Snapshot = inventory => {
  const random = makeRandom(seedOf(inventory.profile.seed, 'browser extensions'))
  const epoch = ticksOfMs(inventory.epoch.getTime())
  return inventory.devices
    .filter(device => !device.isServer && device.onboarding === 'onboarded')
    .flatMap(device =>
      extensions
        .filter(({ risk }) => random.chance(risk === 'Critical' ? 0.08 : 0.5))
        .map(one =>
          packRow('DeviceTvmBrowserExtensions', {
            DeviceId: device.id,
            BrowserName: device.os.isWindows ? 'edge' : 'chrome',
            ExtensionId: one.id,
            ExtensionName: one.name,
            ExtensionDescription: `${one.name} for the browser.`,
            ExtensionVersion: one.version,
            ExtensionRisk: one.risk,
            ExtensionVendor: one.vendor,
            IsActivated: 'true',
            InstallationTime: epoch - BigInt(random.int(3, 300)) * ticksPerDay,
          }),
        ),
    )
}

export const browserExtensionKnowledge: Snapshot = () =>
  extensions.flatMap(one =>
    ['edge', 'chrome'].map(browser =>
      packRow('DeviceTvmBrowserExtensionsKB', {
        BrowserName: browser,
        ExtensionId: one.id,
        ExtensionName: one.name,
        ExtensionDescription: `${one.name} for the browser.`,
        ExtensionVersion: [one.version],
        ExtensionRisk: one.risk,
        PermissionId: one.permission[0],
        PermissionName: one.permission[1],
        PermissionDescription: `The extension may: ${one.permission[1].toLowerCase()}.`,
        PermissionRisk: one.risk,
        IsPermissionRequired: 'true',
      }),
    ),
  )

const gathered = [
  ['ig-1', 'AvMode', 'Mode of the antivirus: 0 active, 1 passive', 'String'],
  ['ig-2', 'AvEngineVersion', 'Version of the antivirus engine', 'String'],
  ['ig-3', 'AvSignatureVersion', 'Version of the security intelligence', 'String'],
  ['ig-4', 'AvIsSignatureUptoDate', 'Whether the security intelligence is current', 'Boolean'],
  ['ig-5', 'CloudProtectionState', 'Whether protection from the cloud is on', 'Boolean'],
] as const

/** What the agent reports of its own antivirus. */
export const gatheredInformation: Snapshot = inventory => {
  const at = ticksOfMs(inventory.epoch.getTime()) - ticksPerDay
  return inventory.devices
    .filter(device => device.onboarding === 'onboarded')
    .map(device => {
      const seen = at - BigInt(device.silentDays) * ticksPerDay
      return packRow('DeviceTvmInfoGathering', {
        Timestamp: seen,
        LastSeenTime: seen,
        DeviceId: device.id,
        DeviceName: device.dnsName,
        OSPlatform: device.os.platform,
        AdditionalFields: antivirusFields(device),
      })
    })
}

function antivirusFields(device: Device): Record<string, KqlValue> {
  const { mode, engine, signature } = antivirusOf(device)
  return {
    AvMode: mode,
    AvEngineVersion: engine,
    AvSignatureVersion: signature,
    AvIsSignatureUptoDate: device.av === 'updated',
    CloudProtectionState: device.av !== 'unknown',
  }
}

export const gatheredKnowledge: Snapshot = () =>
  gathered.map(([id, field, description, structure]) =>
    packRow('DeviceTvmInfoGatheringKB', {
      IgId: id,
      FieldName: field,
      Description: description,
      Categories: ['antivirus'],
      DataStructure: structure,
    }),
  )

/** Each person's account in the directory, and for administrators which roles it holds. */
export const identityAccounts: Snapshot = inventory => {
  const random = makeRandom(seedOf(inventory.profile.seed, 'identity accounts'))
  const at = ticksOfMs(inventory.epoch.getTime()) - ticksPerDay
  return inventory.accounts.map(account =>
    packRow('IdentityAccountInfo', {
      Timestamp: at + BigInt(random.int(0, 863_999_999_999)),
      ReportId: random.guid(),
      SourceProviderAccountId: account.objectId,
      AccountId: random.guid(),
      IdentityId: random.guid(),
      IsPrimary: true,
      DisplayName: account.displayName,
      AccountUpn: account.upn,
      EmailAddress: account.upn,
      CriticalityLevel: account.isAdmin ? 0 : null,
      Type: 'User',
      Department: account.department,
      JobTitle: account.jobTitle,
      City: account.city,
      Country: account.country,
      Sid: account.sid,
      AccountStatus: 'Enabled',
      SourceProvider: 'AzureActiveDirectory',
      AuthenticationMethod: 'Credentials',
      EnrolledMfas: random.chance(0.85) ? ['MicrosoftAuthenticator'] : [],
      LastPasswordChangeTime: at - BigInt(random.int(5, 400)) * ticksPerDay,
      GroupMembership: ['All staff', account.department],
      AssignedRoles: account.isAdmin ? [account.jobTitle] : [],
      CreatedDateTime: at - BigInt(random.int(200, 2_000)) * ticksPerDay,
      TenantId: inventory.profile.tenantId,
    }),
  )
}
