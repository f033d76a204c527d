import type { Account } from '../accounts.ts'
import type { StoryBuilder } from './builder.ts'

type CloudAppAction = {
  action: string
  app: string
  ip: string
  country: string
  isAnonymousProxy: boolean
  /** the audit record as the app wrote it: a dynamic column */
  raw: object
}

/** The numbers Defender for Cloud Apps gives to apps. */
export const cloudAppIds: Readonly<Record<string, number>> = {
  'Microsoft Exchange Online': 20893,
  'Microsoft SharePoint Online': 20892,
  'Microsoft OneDrive for Business': 15600,
  'Microsoft Teams': 28375,
  'Office 365': 11161,
}

/** One row of CloudAppEvents at the story's time. */
export function cloudAppRow(story: StoryBuilder, account: Account, what: CloudAppAction): void {
  story.add('CloudAppEvents', {
    Timestamp: story.now,
    ActionType: what.action,
    Application: what.app,
    ApplicationId: cloudAppIds[what.app] ?? 0,
    AppInstanceId: 0,
    AccountObjectId: account.objectId,
    AccountId: account.objectId,
    AccountDisplayName: account.displayName,
    IsAdminOperation: account.isAdmin,
    DeviceType: 'Desktop',
    IPAddress: what.ip,
    IsAnonymousProxy: what.isAnonymousProxy,
    CountryCode: what.country,
    UserAgent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64)',
    ActivityType: 'Basic',
    ActivityObjects: [{ Type: 'Account', Role: 'Actor', Name: account.displayName, Id: account.objectId }],
    ObjectName: account.displayName,
    ObjectType: 'Account',
    ReportId: `${story.random.int(1, 9_999_999)}_20893_${story.random.guid()}`,
    AccountType: 'Regular',
    IsExternalUser: false,
    IsImpersonated: false,
    RawEventData: what.raw,
    AuditSource: 'Microsoft Defender for Cloud Apps',
  })
}
