import type { Account } from '../accounts.ts'
import { fileOf } from '../images.ts'
import type { Random } from '../random.ts'
import { packRow } from '../rows.ts'
import { cloudAppIds } from '../stories/cloud-app-row.ts'
import { mailRows, signInApps, signInRow } from '../stories/cloud-rows.ts'
import { packStoryRow } from '../stories/story-row.ts'
import type { TenantInventory } from '../tenant-inventory.ts'
import { ticksPerDay } from '../ticks.ts'
import { type DayOfRows, eachAbout, momentOf } from './noise.ts'

const subjects = [
  'Minutes of today',
  'Re: delivery on Friday',
  'Newsletter',
  'Your ticket was updated',
  'Offer',
  'Lunch?',
  'Invoice 2291',
]
const senders = [
  ['news@trade-weekly.example', 'Trade Weekly'],
  ['orders@supplier-portal.example', 'Orders'],
  ['no-reply@ticketing.example', 'Ticketing'],
  ['office@neighbour-company.example', 'Office'],
] as const

/** All mail of a day, in whichever of the mail tables is asked for: the same messages in each. */
function mailNoise(table: string): DayOfRows {
  return (inventory, random, dayStart) =>
    inventory.accounts
      .flatMap(account => {
        const count = Math.floor(random.next() * 2.6)
        return Array.from({ length: count }, () => ordinaryMail(account, random, dayStart))
      })
      .flat()
      .filter(row => row.table === table)
      .map(packStoryRow)
}

function ordinaryMail(recipient: Account, random: Random, dayStart: bigint) {
  const [senderAddress, senderName] = random.pick(senders)
  const isSpam = random.chance(0.05)
  return mailRows(
    {
      networkMessageId: random.guid(),
      internetMessageId: `<${random.hex(20)}@mail.example>`,
      subject: random.pick(subjects),
      recipient,
      senderAddress,
      senderName,
      senderIp: `198.51.100.${random.int(100, 200)}`,
      received: momentOf(random, dayStart),
      urls: random.chance(0.4)
        ? [`https://www.${senderAddress.slice(senderAddress.indexOf('@') + 1)}/${random.int(1, 99)}`]
        : [],
      attachments: random.chance(0.15) ? [fileOf(`attachment-${random.int(1, 60)}.pdf`, '')] : [],
      threats: isSpam ? ['Spam'] : [],
      deliveryAction: isSpam ? 'Junked' : 'Delivered',
    },
    random,
  )
}

export const emailNoise = mailNoise('EmailEvents')
export const emailUrlNoise = mailNoise('EmailUrlInfo')
export const emailAttachmentNoise = mailNoise('EmailAttachmentInfo')

export const urlClickNoise: DayOfRows = (inventory, random, dayStart) =>
  eachAbout(inventory.accounts, 0.15, random, account => {
    const url = `https://www.supplier-portal.example/${random.int(1, 99)}`
    return packRow('UrlClickEvents', {
      Timestamp: momentOf(random, dayStart),
      Url: url,
      ActionType: 'ClickAllowed',
      AccountUpn: account.upn,
      Workload: random.pick(['Email', 'Teams', 'Office']),
      NetworkMessageId: random.guid(),
      IPAddress: officeIp(inventory),
      IsClickedThrough: false,
      UrlChain: JSON.stringify([url]),
      ReportId: random.guid(),
    })
  })

/** Sign-ins of a day, the same under the table's old and new name. */
export function signInNoise(table: string): DayOfRows {
  return (inventory, random, dayStart) =>
    inventory.accounts
      .flatMap(account => {
        const count = Math.floor(random.next() * 2.4)
        return Array.from({ length: count }, () => {
          const details = {
            ip: random.chance(0.85) ? officeIp(inventory) : `192.0.2.${random.int(2, 250)}`,
            country: account.country,
            city: account.city,
            errorCode: random.chance(0.94) ? 0 : random.pick([50126, 50140, 50074, 53003]),
            app: random.pick(signInApps),
          }
          return signInRow(account, details, inventory, momentOf(random, dayStart), random)
        })
      })
      .flat()
      .filter(row => row.table === table)
      .map(packStoryRow)
}

export const spnSignInNoise = (table: string): DayOfRows => {
  const apps = ['Backup Connector', 'HR Sync', 'Helpdesk Bridge']
  return (inventory, random, dayStart) =>
    eachAbout(apps, 2, random, app =>
      packRow(table, {
        Timestamp: momentOf(random, dayStart),
        Application: app,
        ApplicationId: random.guid(),
        IsManagedIdentity: false,
        ErrorCode: random.chance(0.97) ? 0 : 7000222,
        CorrelationId: random.guid(),
        ServicePrincipalName: app,
        ServicePrincipalId: random.guid(),
        ResourceDisplayName: 'Microsoft Graph',
        ResourceId: '00000003-0000-0000-c000-000000000000',
        ResourceTenantId: inventory.profile.tenantId,
        IPAddress: officeIp(inventory),
        Country: inventory.accounts[0]?.country ?? '',
        RequestId: random.guid(),
        ReportId: random.guid(),
      }),
    )
}

export const identityLogonNoise: DayOfRows = (inventory, random, dayStart) => {
  const controller = inventory.devices[0]
  return eachAbout(inventory.accounts, 1.2, random, account => {
    const device = random.pick(inventory.devices)
    const isFailure = random.chance(0.04)
    return packRow('IdentityLogonEvents', {
      Timestamp: momentOf(random, dayStart),
      ActionType: isFailure ? 'LogonFailed' : 'LogonSuccess',
      Application: 'Active Directory',
      LogonType: random.pick(['Interactive', 'Resource access', 'Credentials validation']),
      Protocol: random.pick(['Kerberos', 'Ntlm', 'Ldap']),
      FailureReason: isFailure ? 'WrongPassword' : '',
      ...actor(account),
      DeviceName: device.dnsName,
      OSPlatform: device.os.platform,
      IPAddress: device.ip,
      DestinationDeviceName: controller?.dnsName ?? '',
      DestinationIPAddress: controller?.ip ?? '',
      DestinationPort: 88,
      ReportId: random.guid(),
      AdditionalFields: { Count: random.int(1, 4), 'ACTOR.DEVICE': '' },
    })
  })
}

const directoryActions = [
  'Account Password changed',
  'Group Membership changed',
  'Device Operating System changed',
  'SAM Account Name changed',
]

export const identityDirectoryNoise: DayOfRows = (inventory, random, dayStart) =>
  eachAbout(inventory.accounts, 0.1, random, account =>
    packRow('IdentityDirectoryEvents', {
      Timestamp: momentOf(random, dayStart),
      ActionType: random.pick(directoryActions),
      Application: 'Active Directory',
      TargetAccountUpn: account.upn,
      TargetAccountDisplayName: account.displayName,
      ...actor(inventory.accounts[0] ?? account),
      ReportId: random.guid(),
      AdditionalFields: { ATTACK_TECHNIQUES: '', Category: 'Configuration' },
    }),
  )

export const identityQueryNoise: DayOfRows = (inventory, random, dayStart) =>
  eachAbout(inventory.accounts, 0.15, random, account =>
    packRow('IdentityQueryEvents', {
      Timestamp: momentOf(random, dayStart),
      ActionType: random.pick(['DNS query', 'LDAP query']),
      Application: 'Active Directory',
      QueryType: 'Query',
      QueryTarget: `${random.pick(inventory.devices).dnsName}`,
      Query: '(objectClass=computer)',
      Protocol: 'Ldap',
      ...actor(account),
      ReportId: random.guid(),
      AdditionalFields: {},
    }),
  )

/** Each account is written down every tenth day, like the history that live tenants keep. */
export const identityInfoNoise: DayOfRows = (inventory, random, dayStart) => {
  const day = Number(dayStart / ticksPerDay)
  return inventory.accounts.flatMap((account, index) => {
    if ((index + day) % 10 !== 0) return []
    const row = packRow('IdentityInfo', {
      Timestamp: momentOf(random, dayStart),
      ReportId: random.guid(),
      AccountObjectId: account.objectId,
      AccountUpn: account.upn,
      OnPremSid: account.sid,
      AccountDisplayName: account.displayName,
      AccountName: account.name,
      AccountDomain: account.domain,
      CriticalityLevel: account.isAdmin ? 0 : null,
      Type: 'User',
      Department: account.department,
      JobTitle: account.jobTitle,
      EmailAddress: account.upn,
      City: account.city,
      Country: account.country,
      IsAccountEnabled: true,
      CompanyName: inventory.profile.name,
      RiskLevel: random.pick(['None', 'None', 'None', 'Low', 'High']),
      Tags: account.isAdmin ? ['Sensitive'] : [],
      AssignedRoles: account.isAdmin ? [account.jobTitle] : [],
      PrivilegedEntraPimRoles: [],
      TenantId: inventory.profile.tenantId,
      SourceSystem: 'AzureActiveDirectory',
      IdentityEnvironment: 'Hybrid',
      SourceProviders: ['AzureActiveDirectory', 'ActiveDirectory'],
      GroupMembership: ['All staff', account.department],
    })
    return [row]
  })
}

const appActions = [
  'FileAccessed',
  'FileDownloaded',
  'FileUploaded',
  'MailItemsAccessed',
  'MessageSent',
  'UserLoggedIn',
  'FileModified',
]

export const cloudAppNoise: DayOfRows = (inventory, random, dayStart) =>
  eachAbout(inventory.accounts, 1.5, random, account => {
    const action = random.pick(appActions)
    const app = random.pick(Object.keys(cloudAppIds))
    return packRow('CloudAppEvents', {
      Timestamp: momentOf(random, dayStart),
      ActionType: action,
      Application: app,
      ApplicationId: cloudAppIds[app] ?? 0,
      AppInstanceId: 0,
      AccountObjectId: account.objectId,
      AccountId: account.objectId,
      AccountDisplayName: account.displayName,
      IsAdminOperation: false,
      DeviceType: 'Desktop',
      OSPlatform: 'Windows 10',
      IPAddress: officeIp(inventory),
      IsAnonymousProxy: false,
      CountryCode: account.country,
      City: account.city,
      ActivityType: 'Basic',
      ActivityObjects: [{ Type: 'User', Role: 'Actor', Name: account.displayName, Id: account.objectId }],
      ObjectName: `plan-${random.int(1, 40)}.docx`,
      ObjectType: 'File',
      ReportId: `${random.int(1, 9_999_999)}_${random.guid()}`,
      AccountType: 'Regular',
      IsExternalUser: false,
      IsImpersonated: false,
      RawEventData: {
        Operation: action,
        UserId: account.upn,
        RecordType: random.int(1, 60),
        Id: random.guid(),
      },
      AuditSource: 'Microsoft Defender for Cloud Apps',
    })
  })

function actor(account: Account) {
  return {
    AccountName: account.name,
    AccountDomain: account.domain,
    AccountUpn: account.upn,
    AccountSid: account.sid,
    AccountObjectId: account.objectId,
    AccountDisplayName: account.displayName,
  }
}

function officeIp(inventory: TenantInventory): string {
  return inventory.devices[0]?.externalIp ?? '203.0.113.1'
}
