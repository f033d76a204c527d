import type { BuiltInQuery } from '../tactics.ts'

export const initialAccess: BuiltInQuery[] = [
  {
    slug: 'clicked-links-of-phishing-mail',
    name: 'Links of phishing mail that were followed',
    description:
      'Clicks that were allowed on links in mail that was judged as phishing, before or after it was delivered. Look at the sign-ins of the account after the click.',
    techniques: ['T1566.002'],
    query: `declare query_parameters(lookback: timespan = 7d);
UrlClickEvents
| where Timestamp > ago(lookback)
| where ActionType == "ClickAllowed" or IsClickedThrough
| join kind=inner (
    EmailEvents
    | where Timestamp > ago(lookback)
    | where ThreatTypes has "Phish"
    // A row per recipient: a click is told once.
    | summarize MailTime = min(Timestamp), Subject = take_any(Subject), SenderFromAddress = take_any(SenderFromAddress),
        DeliveryAction = take_any(DeliveryAction) by NetworkMessageId
  ) on NetworkMessageId
| project Timestamp, AccountUpn, Url, Subject, SenderFromAddress, DeliveryAction, MailTime, IPAddress`,
  },
  {
    slug: 'delivered-mail-with-threat',
    name: 'Mail with a known threat that reached the inbox',
    description:
      'Messages judged as malware or phishing that lie where their recipient can open them, with what was done after delivery, if anything.',
    techniques: ['T1566.001', 'T1566.002'],
    query: `declare query_parameters(lookback: timespan = 7d);
EmailEvents
| where Timestamp > ago(lookback)
| where EmailDirection == "Inbound" and DeliveryAction == "Delivered"
| where ThreatTypes has_any ("Malware", "Phish")
| join kind=leftouter (
    EmailPostDeliveryEvents
    | where Timestamp > ago(lookback)
    | summarize RemovedAt = max(Timestamp), Removal = take_any(ActionType) by NetworkMessageId, RecipientEmailAddress
  ) on NetworkMessageId, RecipientEmailAddress
| project Timestamp, RecipientEmailAddress, SenderFromAddress, SenderIPv4, Subject, ThreatTypes,
    AttachmentCount, UrlCount, RemovedAt, Removal, NetworkMessageId`,
  },
  {
    slug: 'rare-macro-attachments',
    name: 'Macro documents from senders seen in few messages',
    description:
      'Attachments that can hold macros from a sender domain that sent hardly anything else. Business partners write often; a campaign does not.',
    techniques: ['T1566.001', 'T1204.002'],
    query: String.raw`declare query_parameters(lookback: timespan = 14d, mostMessages: long = 20);
let writers = EmailEvents
| where Timestamp > ago(lookback) and EmailDirection == "Inbound"
| summarize Messages = dcount(NetworkMessageId) by SenderFromDomain;
EmailAttachmentInfo
| where Timestamp > ago(lookback)
| where FileName matches regex @"(?i)\.(docm|dotm|xlsm|xlsb|xltm|pptm|ppam)$"
| extend SenderFromDomain = tostring(split(SenderFromAddress, "@")[1])
| join kind=inner writers on SenderFromDomain
| where Messages <= mostMessages
| project Timestamp, RecipientEmailAddress, SenderFromAddress, FileName, SHA256, Messages, NetworkMessageId`,
  },
  {
    slug: 'risky-sign-in-without-mfa',
    name: 'Successful risky sign-ins without a second factor',
    description:
      'Sign-ins that Entra judged to be at medium (50) or high (100) risk and that succeeded with a single factor: an account that is probably in other hands.',
    techniques: ['T1078.004'],
    query: `declare query_parameters(lookback: timespan = 7d, risk: long = 50);
EntraIdSignInEvents
| where Timestamp > ago(lookback)
| where ErrorCode == 0 and RiskLevelAggregated >= risk
| where AuthenticationRequirement == "singleFactorAuthentication"
| project Timestamp, AccountUpn, IPAddress, Country, City, Application, ClientAppUsed, UserAgent,
    RiskLevelAggregated, IsManaged, AccountObjectId`,
  },
  {
    slug: 'sign-ins-from-two-countries',
    name: 'One account in two countries within a short time',
    description:
      'Successful sign-ins of one account from different countries with less time between them than a flight takes. A new VPN looks the same: check the device and the client.',
    techniques: ['T1078'],
    query: `declare query_parameters(lookback: timespan = 7d, within: timespan = 3h);
EntraIdSignInEvents
| where Timestamp > ago(lookback)
| where ErrorCode == 0 and isnotempty(Country)
| project AccountObjectId, AccountUpn, Timestamp, Country, City, IPAddress
| order by AccountObjectId asc, Timestamp asc
| extend PreviousAccount = prev(AccountObjectId), PreviousCountry = prev(Country),
    PreviousTime = prev(Timestamp), PreviousAddress = prev(IPAddress)
| where AccountObjectId == PreviousAccount and Country != PreviousCountry
| where Timestamp - PreviousTime < within
| project Timestamp, AccountUpn, PreviousCountry, Country, City, Between = Timestamp - PreviousTime,
    PreviousAddress, IPAddress`,
  },
  {
    slug: 'remote-sign-in-from-public-address',
    name: 'Remote desktop sign-ins from the internet',
    description:
      'Devices that somebody entered by remote desktop from a public address. A device that answers remote desktop to the world is found by guessers within hours.',
    techniques: ['T1133', 'T1021.001'],
    query: `declare query_parameters(lookback: timespan = 14d);
DeviceLogonEvents
| where Timestamp > ago(lookback)
| where ActionType == "LogonSuccess" and LogonType == "RemoteInteractive"
| where RemoteIPType == "Public" and isnotempty(RemoteIP)
| summarize SignIns = count(), First = min(Timestamp), Last = max(Timestamp),
    Accounts = make_set(AccountName, 20) by DeviceId, DeviceName, RemoteIP
| order by Last desc`,
  },
]
