import type { BuiltInQuery } from '../tactics.ts'

export const impact: BuiltInQuery[] = [
  {
    slug: 'backups-destroyed',
    name: 'Shadow copies and backups that are deleted',
    description:
      'Commands that delete shadow copies, the backup catalogue or the recovery settings. After the first of them there may be minutes left.',
    techniques: ['T1490'],
    query: `declare query_parameters(lookback: timespan = 30d);
DeviceProcessEvents
| where Timestamp > ago(lookback)
| where (FileName =~ "vssadmin.exe" and ProcessCommandLine has_any ("delete", "resize"))
    or (FileName =~ "wmic.exe" and ProcessCommandLine has "shadowcopy" and ProcessCommandLine has "delete")
    or (FileName =~ "wbadmin.exe" and ProcessCommandLine has "delete")
    or (FileName in~ ("powershell.exe", "pwsh.exe") and ProcessCommandLine has "Win32_ShadowCopy")
    or (FileName =~ "diskshadow.exe" and ProcessCommandLine has "delete")
    or (FileName =~ "bcdedit.exe" and ProcessCommandLine has_any ("recoveryenabled", "bootstatuspolicy"))
| summarize Commands = make_list(ProcessCommandLine, 20), First = min(Timestamp), Last = max(Timestamp),
    Accounts = make_set(AccountName, 5), Parents = make_set(InitiatingProcessFileName, 5) by DeviceId, DeviceName
| order by Last desc`,
  },
  {
    slug: 'files-renamed-in-bulk',
    name: 'Many files renamed to one new extension',
    description:
      'A process that renamed many files within minutes so that all end alike. Backup and synchronisation programs have names you know.',
    techniques: ['T1486'],
    query: String.raw`declare query_parameters(lookback: timespan = 14d, atLeast: long = 20, window: timespan = 10m);
DeviceFileEvents
| where Timestamp > ago(lookback) and ActionType == "FileRenamed"
| extend NewExtension = extract(@"\.([A-Za-z0-9_-]{2,12})$", 1, FileName), OldExtension = extract(@"\.([A-Za-z0-9_-]{2,12})$", 1, PreviousFileName)
| where isnotempty(NewExtension) and NewExtension !~ OldExtension
| summarize Files = count(), Folders = dcount(FolderPath), First = min(Timestamp), Examples = make_set(FileName, 5)
    by DeviceId, DeviceName, InitiatingProcessFileName, NewExtension, Window = bin(Timestamp, window)
| where Files >= atLeast
| order by Files desc`,
  },
  {
    slug: 'services-stopped-in-bulk',
    name: 'Services and programs stopped one after another',
    description:
      'Commands that stop databases, backup and protection on one device within minutes, so that nothing keeps its files open.',
    techniques: ['T1489'],
    query: String.raw`declare query_parameters(lookback: timespan = 30d, atLeast: long = 6, window: timespan = 15m);
DeviceProcessEvents
| where Timestamp > ago(lookback)
| where (FileName in~ ("net.exe", "net1.exe", "sc.exe") and ProcessCommandLine matches regex @"(?i)\sstop\s")
    or (FileName =~ "taskkill.exe" and ProcessCommandLine has "/f")
| extend Target = extract(@"(?i)(?:stop|/im)\s+""?([^\s""]+)", 1, ProcessCommandLine)
| summarize Stopped = dcount(Target), Names = make_set(Target, 40), First = min(Timestamp)
    by DeviceId, DeviceName, AccountName, Window = bin(Timestamp, window)
| where Stopped >= atLeast
| order by Stopped desc`,
  },
  {
    slug: 'ransom-notes',
    name: 'Notes about recovery written in many places',
    description:
      'Files with names that promise help or recovery, written into several folders or onto several devices. One alone is a manual.',
    techniques: ['T1486', 'T1491.001'],
    query: String.raw`declare query_parameters(lookback: timespan = 30d, places: long = 3);
DeviceFileEvents
| where Timestamp > ago(lookback) and ActionType == "FileCreated"
| where FileName matches regex @"(?i)(restore|recover|decrypt|readme|how[_ -]?to|instructions?).*\.(txt|html?|hta)$"
| where FileName matches regex @"(?i)(restore|recover|decrypt|unlock|ransom)"
| summarize Places = dcount(strcat(DeviceId, FolderPath)), Devices = dcount(DeviceId), First = min(Timestamp), Hosts = make_set(DeviceName, 10),
    Writers = make_set(InitiatingProcessFileName, 5) by FileName
| where Places >= places
| order by First desc`,
  },
]
