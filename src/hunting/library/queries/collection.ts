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
      'Downloads from cloud storage per account and day against the average of the account over the whole time. A leaver and a thief look alike.',
    techniques: ['T1530', 'T1213.002'],
    query: `declare query_parameters(lookback: timespan = 30d, factor: real = 3.0, atLeast: long = 5);
let daily = CloudAppEvents
| where Timestamp > ago(lookback) and ActionType in ("FileDownloaded", "FileSyncDownloadedFull")
| summarize Files = count() by AccountObjectId, AccountDisplayName, Day = startofday(Timestamp);
let average = daily
| summarize Average = avg(Files), Days = count() by AccountObjectId;
daily
| join kind=inner average on AccountObjectId
| where Files >= atLeast and Files > factor * Average
| project Day, AccountDisplayName, AccountObjectId, Files, Average = round(Average, 1), Days
| order by Files desc`,
  },
  {
    slug: 'mailbox-reads-by-unusual-clients',
    name: 'Mailboxes read from addresses of one account only',
    description:
      'Addresses outside of the office from which mail items were read, and how many accounts use each. An address with many reads of one mailbox deserves a look.',
    techniques: ['T1114.002'],
    query: `declare query_parameters(lookback: timespan = 14d);
CloudAppEvents
| where Timestamp > ago(lookback) and ActionType == "MailItemsAccessed"
| summarize Reads = count(), Accounts = dcount(AccountObjectId), Who = make_set(AccountDisplayName, 5), Last = max(Timestamp)
    by IPAddress, CountryCode
| where Accounts <= 2
| order by Reads desc`,
  },
]
