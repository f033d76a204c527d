import type { BuiltInQuery } from '../tactics.ts'

export const execution: BuiltInQuery[] = [
  {
    slug: 'office-starts-interpreter',
    name: 'Office programs that start a script interpreter',
    description:
      'A document that starts PowerShell, a command interpreter or a script host. Few add-ins do that on purpose; compare over all tenants and look at the rare command lines.',
    techniques: ['T1204.002', 'T1059'],
    query: `declare query_parameters(lookback: timespan = 7d);
let office = dynamic(["winword.exe", "excel.exe", "powerpnt.exe", "outlook.exe", "onenote.exe", "mspub.exe"]);
let interpreters = dynamic(["powershell.exe", "pwsh.exe", "cmd.exe", "wscript.exe", "cscript.exe", "mshta.exe", "rundll32.exe", "regsvr32.exe"]);
DeviceProcessEvents
| where Timestamp > ago(lookback)
| where InitiatingProcessFileName in~ (office) and FileName in~ (interpreters)
| project Timestamp, DeviceId, DeviceName, AccountUpn, Document = InitiatingProcessCommandLine, FileName,
    ProcessCommandLine, SHA256, ReportId`,
  },
  {
    slug: 'encoded-powershell-decoded',
    name: 'Encoded PowerShell commands, decoded',
    description:
      'PowerShell started with a base64 command, with the text that it stands for. Installers and agents do this too: sort by the rarest text.',
    techniques: ['T1059.001', 'T1027'],
    query: String.raw`declare query_parameters(lookback: timespan = 7d);
DeviceProcessEvents
| where Timestamp > ago(lookback)
| where FileName in~ ("powershell.exe", "pwsh.exe", "powershell_ise.exe")
| extend Encoded = extract(@"(?i)\s[-/]e(?:c|n\w*)?\s+([A-Za-z0-9+/=]{20,})", 1, ProcessCommandLine)
| where isnotempty(Encoded)
| extend Decoded = replace_string(base64_decode_tostring(Encoded), "\u0000", "")
| project Timestamp, DeviceId, DeviceName, AccountName, InitiatingProcessFileName, Decoded, ProcessCommandLine`,
  },
  {
    slug: 'script-download-in-memory',
    name: 'PowerShell that downloads and runs code',
    description:
      'Command lines that fetch something from the network, encoded ones decoded, by the host they call: the rarest host comes first and is worth a search over all tenants.',
    techniques: ['T1059.001', 'T1105'],
    query: String.raw`declare query_parameters(lookback: timespan = 14d);
DeviceProcessEvents
| where Timestamp > ago(lookback)
| where FileName in~ ("powershell.exe", "pwsh.exe")
| extend Encoded = extract(@"(?i)\s[-/]e(?:c|n\w*)?\s+([A-Za-z0-9+/=]{20,})", 1, ProcessCommandLine)
| extend Script = iff(isempty(Encoded), ProcessCommandLine, replace_string(base64_decode_tostring(Encoded), "\u0000", ""))
| where Script has_any ("DownloadString", "DownloadData", "DownloadFile", "Invoke-WebRequest", "Invoke-RestMethod", "iwr", "irm", "Net.WebClient", "Start-BitsTransfer")
| extend Host = extract(@"(?i)https?://([^/'"" )]+)", 1, Script)
| summarize Runs = count(), Devices = dcount(DeviceId), First = min(Timestamp), Last = max(Timestamp),
    Example = take_any(Script) by Host
| order by Devices asc`,
  },
  {
    slug: 'system-binaries-fetch-from-network',
    name: 'Windows tools that fetch files from the network',
    description:
      'certutil, bitsadmin, mshta, regsvr32 and their like with an address on the command line: programs that are always there, used as downloaders.',
    techniques: ['T1218', 'T1105', 'T1197'],
    query: String.raw`declare query_parameters(lookback: timespan = 14d);
DeviceProcessEvents
| where Timestamp > ago(lookback)
| where FileName in~ ("certutil.exe", "bitsadmin.exe", "mshta.exe", "regsvr32.exe", "rundll32.exe", "msiexec.exe", "hh.exe")
| where ProcessCommandLine matches regex @"(?i)https?://"
| extend Address = extract(@"(?i)(https?://[^\s""']+)", 1, ProcessCommandLine)
| project Timestamp, DeviceId, DeviceName, AccountName, FileName, Address, ProcessCommandLine,
    Parent = InitiatingProcessFileName, ReportId`,
  },
  {
    slug: 'programs-from-user-folders-seldom-seen',
    name: 'Programs in user folders that few devices ran',
    description:
      'Executables started from downloads, temporary and profile folders, by how many devices ran the same file. The file on one device only comes first.',
    techniques: ['T1204.002'],
    query: String.raw`declare query_parameters(lookback: timespan = 14d, mostDevices: long = 3);
DeviceProcessEvents
| where Timestamp > ago(lookback)
| where FolderPath matches regex @"(?i)\\(downloads|appdata|temp|public|perflogs|programdata)\\"
| where FileName endswith ".exe" and isnotempty(SHA256)
| summarize Devices = dcount(DeviceId), Starts = count(), First = min(Timestamp), Names = make_set(FileName, 5),
    Folders = make_set(FolderPath, 5), Hosts = make_set(DeviceName, 5) by SHA256
| where Devices <= mostDevices
| order by Devices asc, First desc`,
  },
  {
    slug: 'wmi-started-interpreter',
    name: 'Interpreters started by WMI',
    description:
      'Command interpreters that the WMI service started, mostly on behalf of another device. Management tools do this from known servers.',
    techniques: ['T1047'],
    query: `declare query_parameters(lookback: timespan = 14d);
DeviceProcessEvents
| where Timestamp > ago(lookback)
| where InitiatingProcessFileName =~ "wmiprvse.exe"
| where FileName in~ ("powershell.exe", "pwsh.exe", "cmd.exe", "wscript.exe", "cscript.exe", "mshta.exe", "rundll32.exe")
| project Timestamp, DeviceId, DeviceName, AccountName, FileName, ProcessCommandLine, ReportId`,
  },
]
