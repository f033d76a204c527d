import type { Account } from '../accounts.ts'
import type { MessageFact } from '../alert-model.ts'
import type { Random } from '../random.ts'
import type { TenantInventory } from '../tenant-inventory.ts'
import type { Ticks } from '../ticks.ts'
import type { StoryRow } from './story-row.ts'

export type SignIn = {
  ip: string
  country: string
  city: string
  /** 0 for a success, else the number of the AADSTS error */
  errorCode: number
  app?: string
  userAgent?: string
  risk?: 0 | 10 | 50 | 100
  client?: string
}

const wellKnownApps: Record<string, string> = {
  'Office 365 Exchange Online': '00000002-0000-0ff1-ce00-000000000000',
  'Office 365 SharePoint Online': '00000003-0000-0ff1-ce00-000000000000',
  OfficeHome: '4765445b-32c6-49b0-83e6-1d93765276ca',
  'Microsoft Teams': '1fec8e78-bce4-4aaf-ab1b-5451cc387264',
  'Azure Portal': 'c44b4083-3bb0-49c1-b47d-974e53cbdf3c',
}

export const signInApps: readonly string[] = Object.keys(wellKnownApps)

/** One sign-in, under the table's new name and under its old one, which live tenants still answer. */
export function signInRow(
  account: Account,
  details: SignIn,
  inventory: TenantInventory,
  at: Ticks,
  random: Random,
): StoryRow[] {
  const app = details.app ?? 'Office 365 Exchange Online'
  const values = {
    Timestamp: at,
    Application: app,
    ApplicationId: wellKnownApps[app] ?? '',
    LogonType: '["interactiveUser"]',
    ErrorCode: details.errorCode,
    CorrelationId: random.guid(),
    SessionId: random.guid(),
    AccountDisplayName: account.displayName,
    AccountObjectId: account.objectId,
    AccountUpn: account.upn,
    IsExternalUser: 0,
    IsGuestUser: false,
    ResourceDisplayName: 'Microsoft Graph',
    ResourceId: '00000003-0000-0000-c000-000000000000',
    ResourceTenantId: inventory.profile.tenantId,
    OSPlatform: 'Windows 10',
    IsManaged: details.risk ? 0 : 1,
    IsCompliant: details.risk ? 0 : 1,
    AuthenticationRequirement: details.risk ? 'singleFactorAuthentication' : 'multiFactorAuthentication',
    TokenIssuerType: 0,
    RiskLevelAggregated: details.risk ?? 0,
    RiskState: details.risk ? 4 : 0,
    UserAgent: details.userAgent ?? 'Mozilla/5.0 (Windows NT 10.0; Win64; x64)',
    ClientAppUsed: details.client ?? 'Browser',
    ConditionalAccessPolicies: '[]',
    ConditionalAccessStatus: 0,
    IPAddress: details.ip,
    Country: details.country,
    City: details.city,
    RequestId: random.guid(),
    ReportId: random.guid(),
  }
  return ['EntraIdSignInEvents', 'AADSignInEventsBeta'].map(table => ({ table, at, own: values }))
}

/** A mail's rows: one of EmailEvents, one of EmailUrlInfo for each link, one of EmailAttachmentInfo for each file. */
export function mailRows(message: MessageFact, random: Random): StoryRow[] {
  const at = message.received
  const senderDomain = message.senderAddress.slice(message.senderAddress.indexOf('@') + 1)
  const threats = message.threats.join(', ')
  const key = { Timestamp: at, NetworkMessageId: message.networkMessageId }

  const header: StoryRow = {
    table: 'EmailEvents',
    at,
    own: {
      ...key,
      InternetMessageId: message.internetMessageId,
      SenderMailFromAddress: message.senderAddress,
      SenderFromAddress: message.senderAddress,
      SenderDisplayName: message.senderName,
      SenderMailFromDomain: senderDomain,
      SenderFromDomain: senderDomain,
      SenderIPv4: message.senderIp,
      RecipientEmailAddress: message.recipient.upn,
      RecipientObjectId: message.recipient.objectId,
      Subject: message.subject,
      // Cluster ids use the whole 64 bits.
      EmailClusterId:
        BigInt(random.int(0x200000, 0x7fffffff)) * 4_294_967_296n + BigInt(random.int(0, 0xffffffff)),
      EmailDirection: 'Inbound',
      DeliveryAction: message.deliveryAction,
      DeliveryLocation: message.deliveryAction === 'Delivered' ? 'Inbox/folder' : 'Quarantine',
      ThreatTypes: threats,
      DetectionMethods:
        threats === '' ? '' : JSON.stringify({ [message.threats[0] ?? 'Phish']: ['URL detonation'] }),
      ConfidenceLevel: threats === '' ? '' : '{"Phish":"High"}',
      BulkComplaintLevel: random.int(0, 4),
      AuthenticationDetails: '{"SPF":"pass","DKIM":"none","DMARC":"none","CompAuth":"none"}',
      AttachmentCount: message.attachments.length,
      UrlCount: message.urls.length,
      EmailLanguage: 'en',
      ReportId: random.guid(),
      LatestDeliveryLocation: message.deliveryAction === 'Delivered' ? 'Inbox/folder' : 'Quarantine',
      LatestDeliveryAction: message.deliveryAction,
    },
  }
  const links = message.urls.map((url): StoryRow => {
    const own = {
      ...key,
      Url: url,
      UrlDomain: URL.parse(url)?.hostname ?? '',
      UrlLocation: 'Body',
      ReportId: random.guid(),
    }
    return { table: 'EmailUrlInfo', at, own }
  })
  const attachments = message.attachments.map((file): StoryRow => {
    const own = {
      ...key,
      SenderFromAddress: message.senderAddress,
      SenderDisplayName: message.senderName,
      RecipientEmailAddress: message.recipient.upn,
      RecipientObjectId: message.recipient.objectId,
      FileName: file.name,
      FileType: file.name.slice(file.name.lastIndexOf('.') + 1),
      SHA256: file.sha256,
      FileSize: file.size,
      ThreatTypes: threats,
      ReportId: random.guid(),
    }
    return { table: 'EmailAttachmentInfo', at, own }
  })
  return [header, ...links, ...attachments]
}
