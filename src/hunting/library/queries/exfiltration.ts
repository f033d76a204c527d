import type { BuiltInQuery } from '../tactics.ts'

export const exfiltration: BuiltInQuery[] = [
  {
    slug: 'synchronisation-tools',
    name: 'Tools that copy folders to cloud storage',
    description:
      'rclone and its relatives by name or by the words of their command line, so that a renamed copy shows too.',
    techniques: ['T1567.002'],
    query: String.raw`declare query_parameters(lookback: timespan = 30d);
DeviceProcessEvents
| where Timestamp > ago(lookback)
| where FileName in~ ("rclone.exe", "megasync.exe", "megacmd.exe", "restic.exe", "s3cmd.exe", "azcopy.exe")
    or ProcessVersionInfoOriginalFileName in~ ("rclone.exe", "megasync.exe")
    or (ProcessCommandLine has_any ("--transfers", "--no-check-certificate", "--config") and ProcessCommandLine matches regex @"(?i)\s(copy|sync|move)\s.*\s\w+:")
| project Timestamp, DeviceId, DeviceName, AccountName, FileName, FolderPath, ProcessCommandLine, SHA256, ReportId`,
  },
  {
    slug: 'archive-then-upload',
    name: 'An archive is written and something uploads soon after',
    description:
      'Devices where a packer wrote an archive and another program that is no browser connected to a public address within the hour.',
    techniques: ['T1560', 'T1041'],
    query: String.raw`declare query_parameters(lookback: timespan = 30d, within: timespan = 1h);
let packed = DeviceFileEvents
| where Timestamp > ago(lookback) and ActionType == "FileCreated"
| where FileName matches regex @"(?i)\.(7z|rar|zip|tar|gz)$"
| where InitiatingProcessFileName in~ ("7z.exe", "7za.exe", "rar.exe", "winrar.exe", "tar.exe", "powershell.exe")
| project DeviceId, DeviceName, PackedAt = Timestamp, Archive = FolderPath, Packer = InitiatingProcessFileName;
let sent = DeviceNetworkEvents
| where Timestamp > ago(lookback) and ActionType == "ConnectionSuccess" and RemoteIPType == "Public"
| where InitiatingProcessFileName !in~ ("msedge.exe", "chrome.exe", "firefox.exe", "onedrive.exe", "outlook.exe", "svchost.exe")
| project DeviceId, SentAt = Timestamp, RemoteIP, RemoteUrl, Sender = InitiatingProcessFileName;
packed
| join kind=inner sent on DeviceId
| where SentAt between (PackedAt .. (PackedAt + within))
| summarize Connections = count(), First = min(SentAt), Urls = make_set(RemoteUrl, 3)
    by DeviceId, DeviceName, PackedAt, Archive, Packer, Sender, RemoteIP
| order by PackedAt desc`,
  },
  {
    slug: 'usb-drives-mounted',
    name: 'USB drives by device and by how often they appear',
    description:
      'Removable drives that were connected, the rarest kind first. Where drives are not allowed the list should be empty.',
    techniques: ['T1052.001', 'T1091'],
    query: `declare query_parameters(lookback: timespan = 30d);
DeviceEvents
| where Timestamp > ago(lookback) and ActionType == "UsbDriveMounted"
| extend Details = parse_json(AdditionalFields)
| extend Product = tostring(Details.ProductName), Serial = tostring(Details.SerialNumber)
| summarize Times = count(), Drives = dcount(Serial), Devices = dcount(DeviceId), Hosts = make_set(DeviceName, 10), Last = max(Timestamp) by Product
| order by Times asc`,
  },
  {
    slug: 'forwarding-outside',
    name: 'Mailbox rules that send mail to other domains',
    description:
      'Addresses outside of the mailbox owner’s domain to which a rule forwards. Compare the domains over all customers: a collector serves many.',
    techniques: ['T1114.003', 'T1020'],
    query: `declare query_parameters(lookback: timespan = 30d);
CloudAppEvents
| where Timestamp > ago(lookback)
| where ActionType in ("New-InboxRule", "Set-InboxRule", "Set-Mailbox")
| mv-expand Parameter = RawEventData.Parameters
| where tostring(Parameter.Name) in ("ForwardTo", "ForwardAsAttachmentTo", "RedirectTo", "ForwardingSmtpAddress")
| extend Recipient = tostring(Parameter.Value), Owner = tostring(RawEventData.UserId)
| extend RecipientDomain = extract("@([A-Za-z0-9.-]+)", 1, Recipient), OwnerDomain = extract("@([A-Za-z0-9.-]+)", 1, Owner)
| where isnotempty(RecipientDomain) and RecipientDomain !~ OwnerDomain
| project Timestamp, Owner, Recipient, RecipientDomain, ActionType, IPAddress, CountryCode, ReportId`,
  },
]
