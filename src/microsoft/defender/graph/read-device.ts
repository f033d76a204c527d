import { z } from 'zod'
import { type Device, type DeviceUser, deviceWebUrl } from '../devices/model.ts'
import type { Alert } from '../model.ts'
import { camelCase, severities, sourceName } from '../wire/members.ts'
import { exactTime, optionalTime, text } from '../wire/wire.ts'

/** A yes or no comes as `true`, `1` or as a text. */
const flag = z.unknown().transform(value => {
  if (value === true || value === 1 || value === 'true' || value === 'True') return true
  return value === false || value === 0 || value === 'false' || value === 'False' ? false : null
})

/** Lists and objects come nested, or as a text with JSON inside. */
const nested = z.unknown().transform(unfold)

const list = nested.transform(value => (Array.isArray(value) ? value : []))
const names = list.transform(values => values.filter(value => typeof value === 'string' && value !== ''))

/** A row of `deviceListQuery`, or the content of `device` of `deviceQuery`. */
export const deviceRow = z.object({
  DeviceId: z.string().min(1),
  Timestamp: optionalTime,
  DeviceName: text,
  OSPlatform: text,
  OSVersionInfo: text,
  OSBuild: text,
  OSArchitecture: text,
  SensorHealthState: text,
  OnboardingStatus: text,
  ExposureLevel: text,
  AssetValue: text,
  MachineGroup: text,
  DeviceType: text,
  Vendor: text,
  Model: text,
  IsInternetFacing: flag,
  MitigationStatus: nested,
  IsAzureADJoined: flag,
  AadDeviceId: text,
  RegistryDeviceTag: text,
  DeviceManualTags: names,
  DeviceDynamicTags: names,
  PublicIP: text,
  ClientVersion: text,
  MergedToDeviceId: text,
  Adapters: list,
})

const adapter = z.object({
  Addresses: list,
  Mac: text,
  Status: text,
})
const address = z.object({ IPAddress: z.string() })

/** @see Defender XDR, "DeviceInfo", "DeviceNetworkInfo" in the advanced hunting schema */
export function readHuntedDevice(
  row: z.output<typeof deviceRow>,
  tenantId: string,
  portalOrigin: string,
): Device {
  const id = row.DeviceId.toLowerCase()
  const ipAddresses = row.Adapters.flatMap(readAdapter)
  const up = ipAddresses.filter(({ status }) => status !== 'down')
  const tags = [row.RegistryDeviceTag, ...row.DeviceManualTags, ...row.DeviceDynamicTags]
  return {
    tenantId,
    source: 'hunting',
    id,
    name: row.DeviceName ?? row.DeviceId,
    firstSeenAt: null,
    lastSeenAt: row.Timestamp,
    osPlatform: row.OSPlatform,
    osVersion: row.OSVersionInfo,
    osBuild: row.OSBuild,
    osArchitecture: row.OSArchitecture,
    health: memberName(row.SensorHealthState)?.replace(/Communications$/, 'Communication') ?? null,
    onboarding: memberName(row.OnboardingStatus),
    risk: null,
    exposure: memberName(row.ExposureLevel),
    value: memberName(row.AssetValue),
    group: row.MachineGroup === 'UnassignedGroup' ? null : row.MachineGroup,
    deviceType: memberName(row.DeviceType),
    model: [row.Vendor, row.Model].filter(Boolean).join(' ') || null,
    isInternetFacing: row.IsInternetFacing,
    isIsolated: readIsolation(row.MitigationStatus),
    isEntraJoined: row.IsAzureADJoined,
    entraDeviceId: row.AadDeviceId,
    tags: [...new Set(tags.filter(tag => tag !== null))],
    lastIpAddress: (up.find(one => !one.address.includes(':')) ?? up[0])?.address ?? null,
    lastExternalIpAddress: row.PublicIP,
    ipAddresses,
    agentVersion: row.ClientVersion,
    managedBy: null,
    antivirus: null,
    mergedInto: row.MergedToDeviceId?.toLowerCase() ?? null,
    isExcluded: false,
    webUrl: deviceWebUrl(portalOrigin, id, tenantId),
  }
}

function readAdapter(value: unknown): Device['ipAddresses'] {
  const read = adapter.safeParse(value)
  if (!read.success) return []
  const { Addresses, Mac, Status } = read.data
  return Addresses.flatMap(one => {
    const found = address.safeParse(one)
    return found.success
      ? [{ address: found.data.IPAddress, macAddress: Mac, status: memberName(Status) }]
      : []
  })
}

/** `{"Isolated":"true"}` while it is; empty when nothing is done to the device. */
function readIsolation(status: unknown): boolean | null {
  if (status === null || status === undefined || status === '') return false
  if (typeof status !== 'object') return null
  const entry = Object.entries(status).find(([name]) => /isolat/i.test(name))
  return entry !== undefined && /^(true|1|isolated|yes)$/i.test(String(entry[1]))
}

/** The content of `user` of `deviceQuery`. */
export const userRow = z.object({
  AccountDomain: text,
  AccountName: z.string().min(1),
  AccountSid: text,
  FirstSeen: optionalTime,
  LastSeen: optionalTime,
  LogonTypes: names,
})

export function readHuntedUser(row: z.output<typeof userRow>): DeviceUser {
  return {
    account: row.AccountName,
    domain: row.AccountDomain,
    sid: row.AccountSid,
    firstSeenAt: row.FirstSeen,
    lastSeenAt: row.LastSeen,
    logonTypes: row.LogonTypes.join(', ') || null,
    isDomainAdmin: null,
    isOnlyNetworkUser: row.LogonTypes.length > 0 && row.LogonTypes.every(type => type === 'Network'),
  }
}

/** A row of `deviceAlertsQuery`. */
export const alertRow = z.object({
  AlertId: z.string().min(1),
  Title: text,
  Category: text,
  Severity: text,
  ServiceSource: text,
  DetectionSource: text,
  AttackTechniques: names,
  FirstSeen: exactTime,
  Timestamp: exactTime,
})

/** Hunting tells the head of an alert: neither its status nor its incident. @see Defender XDR, "AlertInfo" */
export function readHuntedAlert(
  row: z.output<typeof alertRow>,
  tenantId: string,
  portalOrigin: string,
): Alert {
  return {
    tenantId,
    id: row.AlertId,
    incidentId: null,
    title: row.Title ?? row.AlertId,
    description: null,
    recommendedActions: null,
    status: 'unknown',
    severity: severities.find(row.Severity ?? '') ?? 'unknown',
    classification: 'unknown',
    determination: 'unknown',
    categories: row.Category ? [row.Category] : [],
    mitreTechniques: row.AttackTechniques,
    serviceSource: sourceName(memberName(row.ServiceSource)),
    detectionSource: sourceName(memberName(row.DetectionSource)),
    investigationState: null,
    threatName: null,
    threatFamily: null,
    actorName: null,
    assignedTo: null,
    createdAt: row.FirstSeen.iso,
    updatedAt: row.Timestamp.iso,
    resolvedAt: null,
    firstActivityAt: null,
    lastActivityAt: null,
    comments: [],
    evidence: [],
    webUrl: `${portalOrigin}/alerts/${encodeURIComponent(row.AlertId)}?tid=${tenantId}`,
    unfamiliar: [],
    surface: 'graph',
  }
}

/** `Can be onboarded` and `CanBeOnboarded` to `canBeOnboarded`. */
function memberName(text: string | null): string | null {
  if (text === null) return null
  const [first = '', ...others] = text.trim().split(/\s+/)
  return camelCase(first) + others.map(word => word.charAt(0).toUpperCase() + word.slice(1)).join('')
}

function unfold(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value
  try {
    return JSON.parse(value)
  } catch {
    // A text that only begins like JSON.
    return value
  }
}
