import type { DeviceFilter } from '../devices/model.ts'
import { isDeviceId } from '../endpoint/device-id.ts'
import { toStringLiteral } from '../hunting/kql-text.ts'

/** Advanced hunting keeps 30 days; a device that was silent for longer is not there. */
const since = 'Timestamp > ago(30d)'

/** Columns that younger or smaller tenants may lack. */
const optional = [
  'AssetValue',
  'DeviceDynamicTags',
  'DeviceManualTags',
  'ExposureLevel',
  'MergedToDeviceId',
  'MitigationStatus',
  'Model',
  'OSVersionInfo',
  'SensorHealthState',
  'Vendor',
]
const always = [
  'AadDeviceId',
  'ClientVersion',
  'DeviceName',
  'DeviceType',
  'IsAzureADJoined',
  'MachineGroup',
  'OnboardingStatus',
  'OSArchitecture',
  'OSBuild',
  'OSPlatform',
  'PublicIP',
  'RegistryDeviceTag',
]

/**
 * The newest report of each device, one row per `DeviceId`, with its addresses.
 * Only named columns are carried along: the table is wide and long, and the
 * engine's time is the customer's.
 *
 * @param where what the rows of the table must fulfil before the newest is taken
 * @param choose operators on one row per device
 */
function newestReports(where: string, choose: string): string {
  const filled = optional.map(name => `${name} = tostring(column_ifexists("${name}", ""))`)
  return `let chosen = materialize(DeviceInfo
| where ${since}${where}
| extend ${filled.join(', ')}, IsInternetFacing = tobool(column_ifexists("IsInternetFacing", bool(null)))
| summarize arg_max(Timestamp, ${[...always, ...optional, 'IsInternetFacing'].join(', ')}) by DeviceId
${choose});
let adapters = DeviceNetworkInfo
| where ${since} and DeviceId in ((chosen | project DeviceId))
| summarize arg_max(Timestamp, IPAddresses, MacAddress, NetworkAdapterStatus) by DeviceId, NetworkAdapterName
| summarize Adapters = make_list(bag_pack("Addresses", IPAddresses, "Mac", MacAddress, "Status", NetworkAdapterStatus), 20) by DeviceId;
let devices = chosen
| lookup kind=leftouter adapters on DeviceId;`
}

/**
 * A page of devices by name, each once.
 *
 * @param limit the answer may hold one more, which shows that there is a next page
 * @see Defender XDR, "DeviceInfo", "DeviceNetworkInfo" in the advanced hunting schema
 */
export function deviceListQuery(filter: DeviceFilter, skip: number, limit: number): string {
  const conditions = conditionsOf(filter).map(condition => `| where ${condition}\n`)
  return `${newestReports(
    '',
    `${conditions.join('')}| extend SortName = tolower(iff(isempty(DeviceName), DeviceId, DeviceName))
| sort by SortName asc, DeviceId asc
| extend Place = row_number()
| where Place > ${skip} and Place <= ${skip + limit + 1}`,
  )}
devices
| sort by Place asc
| project-away SortName, Place`
}

/**
 * One device and who signed in on it, in one query: rows of `Part` and
 * `Content`, `device` once and `user` for each account.
 *
 * @param deviceId 40 hex digits, or the DNS name
 */
export function deviceQuery(deviceId: string): string {
  const value = toStringLiteral(deviceId.toLowerCase())
  const isId = isDeviceId(deviceId)
  return `${newestReports(
    isId ? ` and DeviceId == ${value}` : ` and DeviceName =~ ${value}`,
    '| top 1 by Timestamp desc',
  )}
let users = DeviceLogonEvents
| where ${since} and DeviceId in ((chosen | project DeviceId))
| where ActionType == "LogonSuccess" and isnotempty(AccountName)
| summarize FirstSeen = min(Timestamp), LastSeen = max(Timestamp), LogonTypes = make_set(LogonType, 10) by AccountDomain, AccountName, AccountSid
| top 50 by LastSeen desc;
union (devices | project Part = "device", Content = pack_all()), (users | project Part = "user", Content = pack_all())`
}

/** The newest 100 alerts in whose evidence a device stands. @param deviceId 40 hex digits */
export function deviceAlertsQuery(deviceId: string): string {
  return `let named = AlertEvidence
| where ${since} and DeviceId == ${toStringLiteral(deviceId.toLowerCase())}
| distinct AlertId;
AlertInfo
| where ${since} and AlertId in (named)
| summarize arg_max(Timestamp, Title, Category, Severity, ServiceSource, DetectionSource, AttackTechniques), FirstSeen = min(Timestamp) by AlertId
| top 100 by FirstSeen desc`
}

function conditionsOf({ search, healthStatus, osPlatform }: DeviceFilter): string[] {
  const conditions: string[] = []
  const wanted = search?.trim().toLowerCase() ?? ''
  const value = toStringLiteral(wanted)
  if (isDeviceId(wanted)) conditions.push(`DeviceId == ${value}`)
  else if (/^[\d.]{7,15}$|^[0-9a-f]*:[0-9a-f:]+$/.test(wanted))
    conditions.push(
      `PublicIP == ${value} or DeviceName startswith ${value} or DeviceId in ((DeviceNetworkInfo | where ${since} and IPAddresses has ${value} | distinct DeviceId))`,
    )
  else if (wanted !== '') conditions.push(`DeviceName startswith ${value}`)
  if (osPlatform) conditions.push(`OSPlatform =~ ${toStringLiteral(osPlatform)}`)
  // The table spells states with blanks, `Impaired communication`, and not always alike.
  if (healthStatus)
    conditions.push(
      `replace_string(tolower(SensorHealthState), " ", "") matches regex ${toStringLiteral(`^${healthStatus.toLowerCase().replace(/[^a-z]/g, '')}s?$`)}`,
    )
  return conditions
}
