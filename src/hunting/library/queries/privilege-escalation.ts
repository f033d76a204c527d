import type { BuiltInQuery } from '../tactics.ts'

export const privilegeEscalation: BuiltInQuery[] = [
  {
    slug: 'accessibility-programs-replaced',
    name: 'Debuggers set for accessibility programs',
    description:
      'Image File Execution Options that start something else instead of the programs which the sign-in screen offers: a shell as SYSTEM for anybody at the keyboard.',
    techniques: ['T1546.008', 'T1546.012'],
    query: String.raw`declare query_parameters(lookback: timespan = 30d);
DeviceRegistryEvents
| where Timestamp > ago(lookback) and ActionType == "RegistryValueSet"
| where RegistryKey has "Image File Execution Options" and RegistryValueName in~ ("Debugger", "MonitorProcess")
| extend Program = tostring(split(RegistryKey, "\\")[-1])
| where Program in~ ("sethc.exe", "utilman.exe", "osk.exe", "narrator.exe", "magnify.exe", "displayswitch.exe", "atbroker.exe")
| project Timestamp, DeviceId, DeviceName, Program, StartsInstead = RegistryValueData,
    InitiatingProcessAccountName, InitiatingProcessCommandLine, ReportId`,
  },
  {
    slug: 'system-shell-from-user-tool',
    name: 'Processes as SYSTEM below the process of a person',
    description:
      'A process with the integrity of the system whose parent ran as an ordinary account. Installers that elevate properly go through a service.',
    techniques: ['T1548', 'T1134'],
    query: `declare query_parameters(lookback: timespan = 14d);
DeviceProcessEvents
| where Timestamp > ago(lookback)
| where ProcessIntegrityLevel == "System" and InitiatingProcessIntegrityLevel in ("Low", "Medium", "High")
| where InitiatingProcessAccountSid !in ("S-1-5-18", "S-1-5-19", "S-1-5-20")
| project Timestamp, DeviceId, DeviceName, From = InitiatingProcessAccountName, InitiatingProcessFileName,
    As = AccountName, FileName, ProcessCommandLine, ReportId`,
  },
  {
    slug: 'admin-consent-to-applications',
    name: 'Applications that were given consent',
    description:
      'Consent to applications in Entra, those by an administrator for everybody first. Read the name of the application twice.',
    techniques: ['T1528', 'T1098.003'],
    query: `declare query_parameters(lookback: timespan = 30d);
CloudAppEvents
| where Timestamp > ago(lookback) and ActionType startswith "Consent to application"
| extend Properties = tostring(RawEventData.ModifiedProperties), Targets = tostring(RawEventData.Target)
| extend ForEverybody = Properties has "IsAdminConsent" and Properties matches regex @"(?i)IsAdminConsent[^}]*""NewValue"":""?True"
| extend ApplicationName = extract(@"""ID"":""([^""]+)"",""Type"":1", 1, Targets)
| project Timestamp, AccountDisplayName, ApplicationName, ForEverybody, IPAddress, CountryCode, ReportId
| order by ForEverybody desc, Timestamp desc`,
  },
]
