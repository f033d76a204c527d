import type { Account } from '../accounts.ts'
import type { ProcessFact } from '../alert-model.ts'
import type { Device } from '../devices.ts'
import type { FileImage } from '../images.ts'
import type { Random } from '../random.ts'
import { imageColumns, type RowValues, reportId } from '../rows.ts'
import type { Ticks } from '../ticks.ts'
import type { StoryRow } from './story-row.ts'

/** What a process did on its device at a moment: a row of one of the device tables. */
type Deed = { at: Ticks; by: ProcessFact; random: Random }

function deviceRow(table: string, { at, by }: Deed, own: RowValues): StoryRow {
  return { table, at, own, device: by.device, by }
}

export function processRow(deed: Deed, created: ProcessFact): StoryRow {
  const own = { ActionType: 'ProcessCreated', ReportId: reportId(deed.random) }
  return { ...deviceRow('DeviceProcessEvents', deed, own), created }
}

export function connectionRow(
  deed: Deed,
  remote: { ip: string; port: number; url: string },
  action: string,
): StoryRow {
  return deviceRow('DeviceNetworkEvents', deed, {
    ActionType: action,
    RemoteIP: remote.ip,
    RemotePort: remote.port,
    RemoteUrl: remote.url,
    LocalIP: deed.by.device.ip,
    LocalPort: deed.random.int(49_152, 65_500),
    Protocol: 'Tcp',
    LocalIPType: 'Private',
    RemoteIPType: remote.ip.startsWith('10.') ? 'Private' : 'Public',
    ReportId: reportId(deed.random),
  })
}

export function fileRow(deed: Deed, action: string, file: FileImage, more: RowValues): StoryRow {
  const own = { ActionType: action, ...imageColumns(file), ReportId: reportId(deed.random), ...more }
  return deviceRow('DeviceFileEvents', deed, own)
}

export function imageLoadRow(deed: Deed, library: FileImage): StoryRow {
  const own = { ActionType: 'ImageLoaded', ...imageColumns(library), ReportId: reportId(deed.random) }
  return deviceRow('DeviceImageLoadEvents', deed, own)
}

export function registryRow(
  deed: Deed,
  value: { key: string; name: string; data: string },
  action: string,
): StoryRow {
  return deviceRow('DeviceRegistryEvents', deed, {
    ActionType: action,
    RegistryKey: value.key,
    RegistryValueType: 'String',
    RegistryValueName: value.name,
    RegistryValueData: value.data,
    ReportId: reportId(deed.random),
  })
}

/** @param additional becomes the JSON text of AdditionalFields */
export function deviceEventRow(deed: Deed, action: string, own: RowValues, additional: object): StoryRow {
  return deviceRow('DeviceEvents', deed, {
    ActionType: action,
    ReportId: reportId(deed.random),
    AdditionalFields: JSON.stringify(additional),
    ...own,
  })
}

/** How somebody logs on to a device; with `failure`, tries to. */
export type Logon = { type: string; remoteIp?: string; from?: Device; failure?: string; protocol?: string }

export function logonRow(at: Ticks, random: Random, device: Device, account: Account, how: Logon): StoryRow {
  return {
    table: 'DeviceLogonEvents',
    at,
    device,
    own: {
      ActionType: how.failure ? 'LogonFailed' : 'LogonSuccess',
      LogonType: how.type,
      AccountDomain: account.domain.toLowerCase(),
      AccountName: account.name,
      AccountSid: account.sid,
      Protocol: how.protocol ?? 'NTLM',
      FailureReason: how.failure ?? '',
      IsLocalAdmin: account.isAdmin,
      LogonId: random.int(100_000, 90_000_000),
      RemoteDeviceName: how.from?.hostName ?? '',
      RemoteIP: how.from?.ip ?? how.remoteIp ?? '',
      RemoteIPType: how.from ? 'Private' : 'Public',
      ReportId: reportId(random),
    },
  }
}
