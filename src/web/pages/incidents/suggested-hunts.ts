import { toLiteral } from '../../../hunting/query/literals.ts'
import type { EntityView } from '../../../incidents/model.ts'

/** A query for what one kind of evidence is named by; `value` is a KQL literal. */
const queries: Record<string, (value: string) => string> = {
  host: value => `DeviceProcessEvents
| where DeviceName startswith ${value}
| project Timestamp, DeviceName, AccountName, FileName, ProcessCommandLine, InitiatingProcessFileName
| sort by Timestamp desc
| take 200`,
  user: value => `IdentityLogonEvents
| where AccountUpn =~ ${value} or AccountName =~ ${value}
| project Timestamp, AccountUpn, ActionType, Application, LogonType, DeviceName, IPAddress, Location
| sort by Timestamp desc
| take 200`,
  ip: value => `DeviceNetworkEvents
| where RemoteIP == ${value}
| summarize Connections = count(), First = min(Timestamp), Last = max(Timestamp)
    by DeviceName, InitiatingProcessFileName, RemotePort
| sort by Last desc`,
  hash: value => `DeviceFileEvents
| where SHA256 =~ ${value} or SHA1 =~ ${value} or MD5 =~ ${value}
| summarize Events = count(), First = min(Timestamp), Last = max(Timestamp) by DeviceName, FileName, FolderPath
| sort by Last desc`,
  url: value => `DeviceNetworkEvents
| where RemoteUrl has ${value}
| summarize Connections = count(), Last = max(Timestamp) by DeviceName, RemoteUrl, InitiatingProcessFileName
| sort by Last desc`,
  file: value => `DeviceFileEvents
| where FileName =~ ${value}
| summarize Events = count(), Last = max(Timestamp) by DeviceName, FolderPath, SHA256
| sort by Last desc`,
  process: value => `DeviceProcessEvents
| where ProcessCommandLine =~ ${value}
| summarize Runs = count(), First = min(Timestamp), Last = max(Timestamp) by DeviceName, AccountName, FileName
| sort by Last desc`,
  mailbox: value => `EmailEvents
| where RecipientEmailAddress =~ ${value} or SenderFromAddress =~ ${value}
| project Timestamp, SenderFromAddress, RecipientEmailAddress, Subject, DeliveryAction, ThreatTypes
| sort by Timestamp desc
| take 200`,
}
queries.domain = queries.url ?? (() => '')
queries.sender = queries.mailbox ?? (() => '')

const names: Record<string, string> = {
  host: 'Processes on',
  user: 'Sign-ins of',
  ip: 'Connections to',
  hash: 'Files with hash',
  url: 'Connections to',
  domain: 'Connections to',
  file: 'Files named',
  process: 'Runs of',
  mailbox: 'Mail of',
  sender: 'Mail from',
}

/**
 * The editor with a query for one thing filled in; null for kinds without a query.
 *
 * @param tenantId of the tenant that is chosen; null for all
 */
export function suggestedHunt(
  tenantId: string | null,
  { kind, label, value }: Pick<EntityView, 'kind' | 'label' | 'value'>,
): string | null {
  const query = Object.hasOwn(queries, kind) ? queries[kind] : undefined
  if (!query) return null
  const params = new URLSearchParams({
    query: query(toLiteral('string', kind === 'host' ? (value.split('.')[0] ?? value) : value)),
    name: `${names[kind] ?? 'Hunt for'} ${label}`.slice(0, 200),
    ...(tenantId === null ? { scope: 'all' } : { scope: 'chosen', tenantIds: tenantId }),
    timespan: 'P7D',
  })
  return `/hunts?${params}`
}
