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
    or ProcessCommandLine has "-accepteula"
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
    name: 'Accounts that entered unusually many devices',
    description:
      'Network sign-ins by account and day, with how many devices it reached. Compare with the account on other days, and the tenant with others.',
    techniques: ['T1021'],
    query: `declare query_parameters(lookback: timespan = 14d, devices: long = 3);
DeviceLogonEvents
| where Timestamp > ago(lookback) and ActionType == "LogonSuccess"
| where LogonType in ("Network", "RemoteInteractive")
| summarize Devices = dcount(DeviceId), Hosts = make_set(DeviceName, 20), SignIns = count()
    by AccountName, AccountDomain, Day = startofday(Timestamp)
| where Devices >= devices
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
