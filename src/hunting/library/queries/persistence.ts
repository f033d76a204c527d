import type { BuiltInQuery } from '../tactics.ts'

export const persistence: BuiltInQuery[] = [
  {
    slug: 'run-keys-to-user-folders',
    name: 'Autostart entries that point to user folders',
    description:
      'Values of Run and RunOnce keys whose program lies where everybody may write. Installed software starts from Program Files.',
    techniques: ['T1547.001'],
    query: String.raw`declare query_parameters(lookback: timespan = 14d);
DeviceRegistryEvents
| where Timestamp > ago(lookback)
| where ActionType == "RegistryValueSet"
| where RegistryKey matches regex @"(?i)\\CurrentVersion\\(Run|RunOnce|RunServices)(\\|$)"
| where RegistryValueData matches regex @"(?i)\\(appdata|temp|public|downloads|programdata|perflogs)\\"
| project Timestamp, DeviceId, DeviceName, InitiatingProcessAccountName, RegistryKey, RegistryValueName,
    RegistryValueData, InitiatingProcessFileName, InitiatingProcessCommandLine, ReportId`,
  },
  {
    slug: 'scheduled-tasks-from-writable-folders',
    name: 'Scheduled tasks that run something from a writable folder',
    description:
      'Tasks whose program is in a folder that is not meant for programs, from the event and from the command that made them.',
    techniques: ['T1053.005'],
    query: String.raw`declare query_parameters(lookback: timespan = 14d);
let writable = @"(?i)\\(appdata|temp|public|downloads|programdata|perflogs)\\";
let byEvent = DeviceEvents
| where Timestamp > ago(lookback) and ActionType in ("ScheduledTaskCreated", "ScheduledTaskUpdated")
| extend Details = parse_json(AdditionalFields)
| extend Task = tostring(Details.TaskName), Action = tostring(Details.TaskContent), Source = "event";
let byCommand = DeviceProcessEvents
| where Timestamp > ago(lookback) and FileName =~ "schtasks.exe"
| where ProcessCommandLine matches regex @"(?i)\s/(create|change)\b"
| extend Task = extract(@"(?i)/tn\s+(""[^""]+""|\S+)", 1, ProcessCommandLine), Action = ProcessCommandLine, Source = "command";
union byEvent, byCommand
| where Action matches regex writable
| project Timestamp, DeviceId, DeviceName, Source, Task, Action, InitiatingProcessAccountName, ReportId`,
  },
  {
    slug: 'services-from-unusual-folders',
    name: 'New services outside of the usual folders',
    description:
      'Services whose program is neither under Windows nor under Program Files, and the remote execution services that leave their name.',
    techniques: ['T1543.003', 'T1569.002'],
    query: String.raw`declare query_parameters(lookback: timespan = 14d);
DeviceEvents
| where Timestamp > ago(lookback) and ActionType == "ServiceInstalled"
| extend Details = parse_json(AdditionalFields)
| extend Service = tostring(Details.ServiceName), StartType = toint(Details.ServiceStartType)
| where not(FolderPath matches regex @"(?i)^(\\systemroot\\|[c-z]:\\windows\\(system32|syswow64|servicing|winsxs|microsoft\.net)\\|[c-z]:\\program files|[c-z]:\\programdata\\microsoft\\windows defender\\)")
    or Service in~ ("PSEXESVC", "PAExec", "RemComSvc")
| project Timestamp, DeviceId, DeviceName, Service, FileName, FolderPath, StartType,
    InitiatingProcessFileName, InitiatingProcessCommandLine, ReportId`,
  },
  {
    slug: 'local-accounts-made-and-raised',
    name: 'Local accounts made and put into a group of administrators',
    description:
      'Accounts that appeared on a device, accounts put into a group of administrators there, and commands that do either, side by side per device within the same hour.',
    techniques: ['T1136.001', 'T1098.007'],
    query: String.raw`declare query_parameters(lookback: timespan = 14d);
let made = DeviceEvents
| where Timestamp > ago(lookback) and ActionType == "UserAccountCreated"
| project Timestamp, DeviceId, DeviceName, What = "account made", Detail = AccountName, By = InitiatingProcessAccountName;
let grouped = DeviceEvents
| where Timestamp > ago(lookback) and ActionType == "UserAccountAddedToLocalGroup"
| extend Group = parse_json(AdditionalFields)
| where tostring(Group.GroupSid) == "S-1-5-32-544"
| project Timestamp, DeviceId, DeviceName, What = "made administrator", Detail = coalesce(AccountName, AccountSid), By = InitiatingProcessAccountName;
let raised = DeviceProcessEvents
| where Timestamp > ago(lookback) and FileName in~ ("net.exe", "net1.exe")
| where ProcessCommandLine matches regex @"(?i)\s(localgroup|user)\s.*/add"
| project Timestamp, DeviceId, DeviceName, What = "command", Detail = ProcessCommandLine, By = AccountName;
union made, grouped, raised
| summarize First = min(Timestamp), Steps = make_list(strcat(What, ": ", Detail), 20), By = make_set(By, 5)
    by DeviceId, DeviceName, Hour = bin(Timestamp, 1h)
| order by First desc`,
  },
  {
    slug: 'web-server-writes-scripts',
    name: 'Web servers that write pages and start shells',
    description:
      'A web server process that writes a file which it can serve, or starts an interpreter: the two sides of a web shell.',
    techniques: ['T1505.003', 'T1190'],
    query: String.raw`declare query_parameters(lookback: timespan = 30d);
let servers = dynamic(["w3wp.exe", "httpd.exe", "nginx.exe", "tomcat.exe", "tomcat9.exe", "php-cgi.exe", "java.exe", "umworkerprocess.exe", "apache2", "nginx", "httpd", "php-fpm"]);
let written = DeviceFileEvents
| where Timestamp > ago(lookback) and ActionType == "FileCreated"
| where InitiatingProcessFileName in~ (servers)
| where FileName matches regex @"(?i)\.(aspx?|ashx|asmx|jspx?|php|cfm)$"
| project Timestamp, DeviceId, DeviceName, What = "page written", Detail = FolderPath, Server = InitiatingProcessFileName;
let started = DeviceProcessEvents
| where Timestamp > ago(lookback)
| where InitiatingProcessFileName in~ (servers)
| where FileName in~ ("cmd.exe", "powershell.exe", "whoami.exe", "net.exe", "sh", "bash")
| project Timestamp, DeviceId, DeviceName, What = "shell started", Detail = ProcessCommandLine, Server = InitiatingProcessFileName;
union written, started
| order by DeviceId asc, Timestamp asc`,
  },
  {
    slug: 'credentials-added-to-applications',
    name: 'Secrets and certificates added to applications',
    description:
      'New credentials on applications and service principals in Entra, with who added them. A stolen administrator does this to stay.',
    techniques: ['T1098.001'],
    query: `declare query_parameters(lookback: timespan = 30d);
CloudAppEvents
| where Timestamp > ago(lookback)
| where ActionType has "service principal credentials" or ActionType has "Certificates and secrets"
| mv-expand Target = RawEventData.Target
| where toint(Target.Type) == 1
| extend Application = tostring(Target.ID)
| project Timestamp, AccountDisplayName, AccountObjectId, ActionType, TargetApplication = Application, IPAddress,
    CountryCode, ReportId`,
  },
]
