import type { BuiltInQuery } from '../tactics.ts'

export const collection: BuiltInQuery[] = [
  {
    slug: 'archives-with-password',
    name: 'Archives packed with a password on the command line',
    description:
      'Packers that were told a password and a folder. Ordinary users set passwords in a window; scripts of intruders write them down here.',
    techniques: ['T1560.001'],
    query: String.raw`declare query_parameters(lookback: timespan = 30d);
DeviceProcessEvents
| where Timestamp > ago(lookback)
| where FileName in~ ("7z.exe", "7za.exe", "rar.exe", "winrar.exe", "zip.exe")
| where ProcessCommandLine matches regex @"\s-h?p\S+"
| extend WithoutPassword = replace_regex(ProcessCommandLine, @"(\s-h?p)\S+", @"\1…")
| project Timestamp, DeviceId, DeviceName, AccountName, FileName, FolderPath, WithoutPassword, ReportId`,
  },
  {
    slug: 'mass-download-from-cloud',
    name: 'Accounts that downloaded far more files than their average',
    description:
      'Days on which an account downloaded many times more from cloud storage than on its other days. A leaver and a thief look alike; a new laptop that synchronises shows as FileSyncDownloadedFull.',
    techniques: ['T1530', 'T1213.002'],
    query: `declare query_parameters(lookback: timespan = 30d, factor: real = 5.0, atLeast: long = 25);
let daily = CloudAppEvents
| where Timestamp > ago(lookback) and ActionType in ("FileDownloaded", "FileSyncDownloadedFull")
| summarize Files = count(), Synchronised = countif(ActionType == "FileSyncDownloadedFull"), Addresses = make_set(IPAddress, 5)
    by AccountObjectId, AccountDisplayName, Day = startofday(Timestamp);
let accounts = daily
| summarize All = sum(Files), Days = count() by AccountObjectId;
daily
| join kind=inner accounts on AccountObjectId
// Against the other days: the day itself would raise the average that it is measured by.
| extend OtherDays = iff(Days > 1, (All - Files) * 1.0 / (Days - 1), 0.0)
| where Files >= atLeast and Files > factor * OtherDays
| project Day, AccountDisplayName, AccountObjectId, Files, Synchronised, OtherDays = round(OtherDays, 1), Days, Addresses
| order by Files desc`,
  },
  {
    slug: 'mailbox-reads-by-unusual-clients',
    name: 'Mailboxes read from where their owner never was before',
    description:
      'Mail items read from an address and a country that are new to the account, or through an anonymous proxy: a token or a password in other hands reads first and writes later. Needs the audit of mailbox reads (MailItemsAccessed).',
    techniques: ['T1114.002'],
    query: `declare query_parameters(lookback: timespan = 30d, recent: timespan = 3d);
let reads = CloudAppEvents
| where Timestamp > ago(lookback) and ActionType == "MailItemsAccessed" and isnotempty(IPAddress)
| project Timestamp, AccountObjectId, AccountDisplayName, IPAddress, CountryCode, IsAnonymousProxy, UserAgent;
let known = reads
| where Timestamp < ago(recent)
| summarize Addresses = make_set(IPAddress, 1000), Countries = make_set(CountryCode, 50) by AccountObjectId;
reads
| where Timestamp >= ago(recent)
| join kind=inner known on AccountObjectId
| extend IsNewPlace = not(set_has_element(Addresses, IPAddress)) and not(set_has_element(Countries, CountryCode))
| where IsNewPlace or IsAnonymousProxy
| summarize Reads = count(), First = min(Timestamp), Last = max(Timestamp), Clients = make_set(UserAgent, 5)
    by AccountDisplayName, AccountObjectId, IPAddress, CountryCode, IsAnonymousProxy
| order by Reads desc`,
  },
]
