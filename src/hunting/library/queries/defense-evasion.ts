import type { BuiltInQuery } from '../tactics.ts'

export const defenseEvasion: BuiltInQuery[] = [
  {
    slug: 'protection-turned-off',
    name: 'Attempts to turn protection off',
    description:
      'Commands, policies and blocked attempts that switch off real-time protection or exclude folders from scans, in one list.',
    techniques: ['T1562.001'],
    query: `declare query_parameters(lookback: timespan = 30d);
let commands = DeviceProcessEvents
| where Timestamp > ago(lookback)
| where ProcessCommandLine has_any ("Set-MpPreference", "Add-MpPreference")
| where ProcessCommandLine has_any ("DisableRealtimeMonitoring", "DisableBehaviorMonitoring", "DisableIOAVProtection", "DisableScriptScanning", "ExclusionPath", "ExclusionProcess", "ExclusionExtension")
| project Timestamp, DeviceId, DeviceName, What = "command", Detail = ProcessCommandLine, By = AccountName;
let policies = DeviceRegistryEvents
| where Timestamp > ago(lookback) and ActionType == "RegistryValueSet"
| where RegistryKey has "Windows Defender"
| where RegistryValueName in~ ("DisableAntiSpyware", "DisableRealtimeMonitoring", "DisableAntiVirus") and RegistryValueData != "0"
| project Timestamp, DeviceId, DeviceName, What = "policy", Detail = strcat(RegistryValueName, " = ", RegistryValueData), By = InitiatingProcessAccountName;
let blocked = DeviceEvents
| where Timestamp > ago(lookback) and ActionType == "TamperingAttempt"
| project Timestamp, DeviceId, DeviceName, What = "blocked attempt", Detail = tostring(parse_json(AdditionalFields).TamperingAction), By = InitiatingProcessAccountName;
union commands, policies, blocked
| order by Timestamp desc`,
  },
  {
    slug: 'event-logs-cleared',
    name: 'Event logs that were cleared',
    description:
      'Commands that empty event logs, and the event that the security log itself leaves behind when it goes.',
    techniques: ['T1070.001'],
    query: String.raw`declare query_parameters(lookback: timespan = 30d);
let commands = DeviceProcessEvents
| where Timestamp > ago(lookback)
| where (FileName =~ "wevtutil.exe" and ProcessCommandLine matches regex @"(?i)\s(cl|clear-log)\s")
    or ProcessCommandLine has "Clear-EventLog"
| project Timestamp, DeviceId, DeviceName, What = ProcessCommandLine, By = AccountName;
let events = DeviceEvents
| where Timestamp > ago(lookback) and ActionType == "SecurityLogCleared"
| project Timestamp, DeviceId, DeviceName, What = "security log cleared", By = InitiatingProcessAccountName;
union commands, events
| summarize First = min(Timestamp), Last = max(Timestamp), Times = count(), What = make_set(What, 20), By = make_set(By, 5)
    by DeviceId, DeviceName
| order by Last desc`,
  },
  {
    slug: 'deceptive-file-names',
    name: 'File names that hide what they are',
    description:
      'Names that write right to left, or that end in two extensions of which the last one runs. Read them as codes, not as they look.',
    techniques: ['T1036.002', 'T1036.007'],
    query: String.raw`declare query_parameters(lookback: timespan = 30d);
DeviceFileEvents
| where Timestamp > ago(lookback) and ActionType in ("FileCreated", "FileRenamed")
| where FileName contains "\u202E" or FileName contains "\u202D"
    or FileName matches regex @"(?i)\.(pdf|docx?|xlsx?|jpe?g|png|txt|zip)\.(exe|scr|com|bat|cmd|js|vbs|hta|lnk)$"
| project Timestamp, DeviceId, DeviceName, FileName, FolderPath, SHA1, InitiatingProcessFileName,
    FileOriginUrl, InitiatingProcessAccountName, ReportId`,
  },
  {
    slug: 'libraries-loaded-from-writable-folders',
    name: 'Libraries that rundll32 or regsvr32 took from writable folders',
    description:
      'Libraries loaded by the two Windows programs whose only work is to load libraries, from folders where everybody may write.',
    techniques: ['T1218.010', 'T1218.011'],
    query: String.raw`declare query_parameters(lookback: timespan = 30d);
DeviceImageLoadEvents
| where Timestamp > ago(lookback)
| where InitiatingProcessFileName in~ ("rundll32.exe", "regsvr32.exe")
| where FolderPath matches regex @"(?i)\\(appdata|temp|public|downloads|programdata|perflogs)\\"
| project Timestamp, DeviceId, DeviceName, FileName, FolderPath, SHA1, InitiatingProcessCommandLine,
    InitiatingProcessAccountName, ReportId`,
  },
  {
    slug: 'inbox-rules-that-hide-mail',
    name: 'Inbox rules that forward, delete or hide mail',
    description:
      'Rules made or changed in a mailbox that send mail away or out of sight. After a phishing click this is the next step of payment fraud.',
    techniques: ['T1564.008', 'T1114.003'],
    query: `declare query_parameters(lookback: timespan = 30d);
CloudAppEvents
| where Timestamp > ago(lookback)
| where ActionType in ("New-InboxRule", "Set-InboxRule", "UpdateInboxRules")
// Outlook writes what Exchange calls parameters as properties of the operation.
| mv-expand Parameter = coalesce(RawEventData.Parameters, RawEventData.OperationProperties)
| extend Name = tostring(Parameter.Name), Value = tostring(Parameter.Value)
| summarize Rule = make_bag(bag_pack(Name, Value)), Names = make_set(Name)
    by Timestamp, AccountDisplayName, AccountObjectId, ActionType, IPAddress, CountryCode, IsAnonymousProxy, ReportId
| where Names has_any ("ForwardTo", "ForwardAsAttachmentTo", "RedirectTo", "DeleteMessage", "MoveToFolder", "MarkAsRead")
| project-away Names
| order by Timestamp desc`,
  },
]
