import type { BuiltInQuery } from '../tactics.ts'

export const credentialAccess: BuiltInQuery[] = [
  {
    slug: 'lsass-memory-dumped',
    name: 'The memory of LSASS written to a file',
    description:
      'Command lines that write a process to a file with comsvcs, procdump or their like, and wide-open handles to lsass itself.',
    techniques: ['T1003.001'],
    query: String.raw`declare query_parameters(lookback: timespan = 30d);
let commands = DeviceProcessEvents
| where Timestamp > ago(lookback)
| where (ProcessCommandLine has "comsvcs" and ProcessCommandLine has_any ("MiniDump", "#24", "#+24"))
    or (ProcessVersionInfoOriginalFileName =~ "procdump" and ProcessCommandLine has "lsass")
    or (FileName matches regex @"(?i)^(procdump|procdump64|mdump|mdump64)\.exe$" and ProcessCommandLine has "lsass")
| project Timestamp, DeviceId, DeviceName, What = "command", Detail = ProcessCommandLine, By = AccountName;
let handles = DeviceEvents
| where Timestamp > ago(lookback) and ActionType == "OpenProcessApiCall" and FileName =~ "lsass.exe"
| extend Access = tolong(parse_json(AdditionalFields).DesiredAccess)
| where binary_and(Access, 0x10) != 0
| project Timestamp, DeviceId, DeviceName, What = "handle", Detail = strcat(InitiatingProcessCommandLine, " (access ", tostring(Access), ")"), By = InitiatingProcessAccountName;
union commands, handles
| order by Timestamp desc`,
  },
  {
    slug: 'password-guessing-on-devices',
    name: 'Password guessing against a device, and whether it succeeded',
    description:
      'Addresses that failed to sign in to a device many times, with the names they tried, and the first success after that.',
    techniques: ['T1110.001'],
    query: `declare query_parameters(lookback: timespan = 14d, atLeast: long = 10);
let failures = DeviceLogonEvents
| where Timestamp > ago(lookback) and ActionType == "LogonFailed" and isnotempty(RemoteIP)
| summarize Failures = count(), Names = make_set(AccountName, 20), First = min(Timestamp), Last = max(Timestamp)
    by DeviceId, DeviceName, RemoteIP
| where Failures >= atLeast;
let successes = DeviceLogonEvents
| where Timestamp > ago(lookback) and ActionType == "LogonSuccess" and isnotempty(RemoteIP)
| project DeviceId, RemoteIP, SuccessTime = Timestamp, SuccessName = AccountName, LogonType;
failures
| join kind=leftouter successes on DeviceId, RemoteIP
| where isnull(SuccessTime) or SuccessTime >= First
| summarize SucceededAt = min(SuccessTime), As = make_set(SuccessName, 5)
    by DeviceId, DeviceName, RemoteIP, Failures, First, Last, Names = tostring(Names)
| order by isnotnull(SucceededAt) desc, Failures desc`,
  },
  {
    slug: 'password-spray',
    name: 'One address that tries many accounts',
    description:
      'Password spraying: addresses that failed with a wrong password, or at a locked account, on many accounts within a day, few tries on each, and mostly failed. The way out of an office has failures too, but far more people who get in; a success among the failures is the account to save.',
    techniques: ['T1110.003'],
    query: `declare query_parameters(lookback: timespan = 7d, accounts: long = 8, triesEach: real = 10.0);
EntraIdSignInEvents
| where Timestamp > ago(lookback) and isnotempty(IPAddress)
| summarize Tried = dcountif(AccountObjectId, ErrorCode in (50126, 50053)), Failures = countif(ErrorCode in (50126, 50053)),
    GotIn = dcountif(AccountObjectId, ErrorCode == 0), Succeeded = make_set_if(AccountUpn, ErrorCode == 0, 10),
    First = min(Timestamp), Last = max(Timestamp), Clients = make_set(UserAgent, 5)
    by IPAddress, Country, Day = startofday(Timestamp)
| where Tried >= accounts and Failures <= triesEach * Tried and GotIn * 2 < Tried
| extend Breached = GotIn > 0
| order by Breached desc, Tried desc`,
  },
  {
    slug: 'service-tickets-in-bulk',
    name: 'Service tickets that one account collects in bulk',
    description:
      'Kerberos tickets for many services within minutes by one account, above all with weak encryption: their passwords are guessed elsewhere afterwards.',
    techniques: ['T1558.003'],
    query: `declare query_parameters(lookback: timespan = 30d, services: long = 8);
IdentityLogonEvents
| where Timestamp > ago(lookback) and Protocol =~ "Kerberos" and isnotempty(AdditionalFields.Spns)
| mv-expand Spn = AdditionalFields.Spns to typeof(string)
| summarize Services = dcount(Spn), Weak = countif(tostring(AdditionalFields.EncryptionType) has "Rc4"),
    First = min(Timestamp), Last = max(Timestamp), Examples = make_set(Spn, 5)
    by AccountUpn, DeviceName, IPAddress, Window = bin(Timestamp, 10m)
| where Services >= services
| order by Services desc`,
  },
  {
    slug: 'directory-search-for-service-accounts',
    name: 'Searches of the directory for service accounts',
    description:
      'LDAP queries for accounts with service names, for administrators or for delegation: the shopping list of an attack on Kerberos.',
    techniques: ['T1087.002', 'T1558.003'],
    query: `declare query_parameters(lookback: timespan = 30d);
IdentityQueryEvents
| where Timestamp > ago(lookback) and ActionType == "LDAP query"
// Flags of userAccountControl: 4194304 needs no pre-authentication, 524288 is trusted for delegation.
| where Query has_any ("servicePrincipalName", "adminCount", "msDS-AllowedToDelegateTo", "4194304", "524288")
| summarize Queries = count(), First = min(Timestamp), Last = max(Timestamp), Examples = make_set(Query, 5)
    by AccountUpn, DeviceName, IPAddress
| order by Queries desc`,
  },
]
