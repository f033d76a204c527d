import type { BuiltInQuery } from '../tactics.ts'

export const lateralMovement: BuiltInQuery[] = [
  {
    slug: 'remote-execution-tools',
    name: 'Remote execution tools and the services they leave',
    description:
      'PsExec and its relatives on the side that sends and on the side that receives, matched by device and hour.',
    techniques: ['T1021.002', 'T1569.002', 'T1570'],
    query: String.raw`declare query_parameters(lookback: timespan = 30d);
let sent = DeviceProcessEvents
| where Timestamp > ago(lookback)
| where FileName matches regex @"(?i)^(psexec|psexec64|paexec|wmiexec|smbexec).*"
    or (ProcessCommandLine has "-accepteula" and ProcessCommandLine contains @"\\")
    or (FileName =~ "wmic.exe" and ProcessCommandLine has "/node:")
| extend Target = coalesce(extract(@"\\\\([A-Za-z0-9._-]+)", 1, ProcessCommandLine), extract(@"(?i)/node:""?([A-Za-z0-9._-]+)", 1, ProcessCommandLine))
| project Timestamp, DeviceId, DeviceName, Side = "sends", Detail = ProcessCommandLine, Target, Account = AccountName;
let received = DeviceEvents
| where Timestamp > ago(lookback) and ActionType == "ServiceInstalled"
| extend Service = tostring(parse_json(AdditionalFields).ServiceName)
| where Service in~ ("PSEXESVC", "PAExec", "RemComSvc", "csexecsvc")
| project Timestamp, DeviceId, DeviceName, Side = "receives", Detail = Service, Target = DeviceName, Account = InitiatingProcessAccountName;
union sent, received
| order by Timestamp desc`,
  },
  {
    slug: 'accounts-on-many-devices',
    name: 'Accounts that entered more devices than on other days',
    description:
      'Days on which an account reached several times more devices over the network than on its other days. Scanners and deployment tools reach many every day, and do not show.',
    techniques: ['T1021'],
    query: `declare query_parameters(lookback: timespan = 14d, devices: long = 4, factor: real = 3.0);
let daily = DeviceLogonEvents
| where Timestamp > ago(lookback) and ActionType == "LogonSuccess"
| where LogonType in ("Network", "RemoteInteractive") and AccountName !endswith "$"
| summarize Devices = dcount(DeviceId), Hosts = make_set(DeviceName, 20), SignIns = count()
    by AccountName, AccountDomain, Day = startofday(Timestamp);
let accounts = daily
| summarize All = sum(Devices), Days = count() by AccountName, AccountDomain;
daily
| join kind=inner accounts on AccountName, AccountDomain
| extend OtherDays = iff(Days > 1, (All - Devices) * 1.0 / (Days - 1), 0.0)
| where Devices >= devices and Devices >= factor * OtherDays
| project Day, AccountName, AccountDomain, Devices, OtherDays = round(OtherDays, 1), SignIns, Hosts
| order by Devices desc`,
  },
  {
    slug: 'workstations-that-open-smb-to-servers',
    name: 'Unusual programs that open file sharing to other devices',
    description:
      'Connections to port 445 by something other than the system process, by program. Scanners, copy tools and remote execution show here.',
    techniques: ['T1021.002'],
    query: `declare query_parameters(lookback: timespan = 14d);
DeviceNetworkEvents
| where Timestamp > ago(lookback)
| where RemotePort == 445 and ActionType == "ConnectionSuccess"
| where InitiatingProcessFileName !in~ ("system", "ntoskrnl.exe", "svchost.exe", "lsass.exe")
| summarize Targets = dcount(RemoteIP), Connections = count(), First = min(Timestamp), Devices = make_set(DeviceName, 10)
    by InitiatingProcessFileName, InitiatingProcessFolderPath
| order by Connections asc`,
  },
]
