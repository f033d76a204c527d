import type { BuiltInQuery } from '../tactics.ts'

export const commandAndControl: BuiltInQuery[] = [
  {
    slug: 'network-by-system-binaries',
    name: 'Windows tools that speak to the internet',
    description:
      'Connections to public addresses by programs that have no business there: script hosts, loaders, downloaders. Each address with the number of devices that use it.',
    techniques: ['T1071.001', 'T1105'],
    query: `declare query_parameters(lookback: timespan = 14d);
DeviceNetworkEvents
| where Timestamp > ago(lookback)
| where ActionType == "ConnectionSuccess" and RemoteIPType == "Public"
| where InitiatingProcessFileName in~ ("powershell.exe", "pwsh.exe", "certutil.exe", "bitsadmin.exe", "mshta.exe", "rundll32.exe", "regsvr32.exe", "wscript.exe", "cscript.exe", "installutil.exe")
| summarize Connections = count(), Devices = dcount(DeviceId), First = min(Timestamp), Last = max(Timestamp),
    Urls = make_set(RemoteUrl, 5) by RemoteIP, RemotePort, InitiatingProcessFileName
| order by Devices asc, Connections desc`,
  },
  {
    slug: 'regular-connections',
    name: 'Connections at regular intervals',
    description:
      'Pairs of a device and an address whose connections come at nearly the same distance, where few devices know the address: what beacons do. The spread is the deviation of the distances against their mean.',
    techniques: ['T1071', 'T1573'],
    query: `declare query_parameters(lookback: timespan = 7d, atLeast: long = 8, spread: real = 0.35, mostDevices: long = 3);
let connections = DeviceNetworkEvents
| where Timestamp > ago(lookback)
| where ActionType == "ConnectionSuccess" and RemoteIPType == "Public"
| project DeviceId, DeviceName, RemoteIP, InitiatingProcessFileName, Timestamp;
// Services that everybody uses answer at regular intervals too.
let rare = connections
| summarize Devices = dcount(DeviceId) by RemoteIP
| where Devices <= mostDevices
| project RemoteIP;
connections
| where RemoteIP in (rare)
| sort by DeviceId asc, RemoteIP asc, InitiatingProcessFileName asc, Timestamp asc
| extend Same = DeviceId == prev(DeviceId) and RemoteIP == prev(RemoteIP) and InitiatingProcessFileName == prev(InitiatingProcessFileName)
| extend Seconds = iff(Same, (Timestamp - prev(Timestamp)) / 1s, real(null))
| where isnotnull(Seconds) and Seconds > 0
| summarize Connections = count(), Mean = avg(Seconds), Deviation = stdev(Seconds), Last = max(Timestamp)
    by DeviceId, DeviceName, RemoteIP, InitiatingProcessFileName
| where Connections >= atLeast
| extend Spread = round(Deviation / Mean, 3), EverySeconds = round(Mean, 0)
| where Spread <= spread
| project DeviceName, RemoteIP, InitiatingProcessFileName, Connections, EverySeconds, Spread, Last, DeviceId
| order by Spread asc`,
  },
  {
    slug: 'rare-destinations',
    name: 'Public addresses that one device alone speaks to',
    description:
      'Destinations that exactly one device used, by programs outside of the browser. Group the result by address over all tenants to see which are rare everywhere.',
    techniques: ['T1071.001'],
    query: `declare query_parameters(lookback: timespan = 7d);
DeviceNetworkEvents
| where Timestamp > ago(lookback)
| where ActionType == "ConnectionSuccess" and RemoteIPType == "Public"
| where InitiatingProcessFileName !in~ ("msedge.exe", "chrome.exe", "firefox.exe")
| summarize Devices = dcount(DeviceId), Connections = count(), Names = make_set(RemoteUrl, 3),
    Programs = make_set(InitiatingProcessFileName, 5), Device = take_any(DeviceName), Last = max(Timestamp) by RemoteIP
| where Devices == 1
| order by Connections asc`,
  },
  {
    slug: 'look-for-indicators',
    name: 'Look for an address, a host or a file',
    description:
      'One question to every customer: did anything connect to this host or address, or see this file? Fill in what you know and leave the rest empty; the host that is filled in is an example.',
    techniques: ['T1071', 'T1204'],
    query: `declare query_parameters(host: string = "update-check.example", address: string = "", sha256: string = "", lookback: timespan = 30d);
let network = DeviceNetworkEvents
| where Timestamp > ago(lookback)
| where (isnotempty(address) and RemoteIP == address) or (isnotempty(host) and RemoteUrl has host)
| project Timestamp, Where = "network", Device = DeviceName, Account = InitiatingProcessAccountName,
    Detail = strcat(RemoteIP, " ", RemoteUrl), By = InitiatingProcessFileName;
let files = DeviceFileEvents
| where Timestamp > ago(lookback)
| where (isnotempty(sha256) and SHA256 =~ sha256) or (isnotempty(host) and FileOriginUrl has host)
| project Timestamp, Where = "file", Device = DeviceName, Account = InitiatingProcessAccountName,
    Detail = FolderPath, By = InitiatingProcessFileName;
let processes = DeviceProcessEvents
| where Timestamp > ago(lookback)
| where (isnotempty(sha256) and SHA256 =~ sha256)
    or (isnotempty(host) and ProcessCommandLine contains host)
    or (isnotempty(address) and ProcessCommandLine contains address)
| project Timestamp, Where = "process", Device = DeviceName, Account = AccountName,
    Detail = ProcessCommandLine, By = InitiatingProcessFileName;
union network, files, processes
| order by Timestamp desc`,
  },
]
