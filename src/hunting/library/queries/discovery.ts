import type { BuiltInQuery } from '../tactics.ts'

export const discovery: BuiltInQuery[] = [
  {
    slug: 'exploration-burst',
    name: 'Many exploration commands within minutes',
    description:
      'Devices on which one account ran several different commands that list users, groups, trusts and shares within a short window. Administrators use one; attackers use all.',
    techniques: ['T1087', 'T1069', 'T1018', 'T1033', 'T1482'],
    query: `declare query_parameters(lookback: timespan = 14d, window: timespan = 10m, atLeast: long = 4);
DeviceProcessEvents
| where Timestamp > ago(lookback)
| extend Command = case(
    FileName =~ "whoami.exe", "whoami",
    FileName =~ "nltest.exe", "trusts",
    FileName in~ ("net.exe", "net1.exe") and ProcessCommandLine has_any ("group", "localgroup"), "groups",
    FileName in~ ("net.exe", "net1.exe") and ProcessCommandLine has "view", "shares",
    FileName =~ "systeminfo.exe", "system",
    FileName in~ ("ipconfig.exe", "arp.exe", "route.exe"), "network",
    FileName =~ "tasklist.exe", "processes",
    FileName in~ ("dsquery.exe", "adfind.exe", "adf.exe") or ProcessCommandLine has "objectcategory", "directory",
    "")
| where isnotempty(Command)
| summarize Kinds = dcount(Command), Commands = make_set(ProcessCommandLine, 20), First = min(Timestamp)
    by DeviceId, DeviceName, AccountName, Window = bin(Timestamp, window)
| where Kinds >= atLeast
| order by Kinds desc`,
  },
  {
    slug: 'domain-administrators-listed',
    name: 'Who asked for the list of domain administrators',
    description:
      'Commands that name the groups which rule a domain, with the account and the parent process.',
    techniques: ['T1069.002'],
    query: `declare query_parameters(lookback: timespan = 30d);
DeviceProcessEvents
| where Timestamp > ago(lookback)
| where ProcessCommandLine has_any ("Domain Admins", "Enterprise Admins", "Schema Admins", "Account Operators")
| project Timestamp, DeviceId, DeviceName, AccountName, FileName, ProcessCommandLine,
    Parent = InitiatingProcessFileName, ReportId`,
  },
  {
    slug: 'ldap-searches-by-unknown-programs',
    name: 'LDAP searches by programs outside of the usual folders',
    description:
      'Searches of the directory that a program in a writable folder sent. Directory collectors are single files that need no installation.',
    techniques: ['T1087.002', 'T1018'],
    query: String.raw`declare query_parameters(lookback: timespan = 30d);
DeviceEvents
| where Timestamp > ago(lookback) and ActionType == "LdapSearch"
| where InitiatingProcessFolderPath matches regex @"(?i)\\(users|appdata|temp|public|programdata|perflogs)\\?"
| extend Details = parse_json(AdditionalFields)
| summarize Searches = count(), First = min(Timestamp), Filters = make_set(tostring(Details.SearchFilter), 10)
    by DeviceId, DeviceName, InitiatingProcessFileName, InitiatingProcessFolderPath, InitiatingProcessSHA1
| order by First desc`,
  },
]
