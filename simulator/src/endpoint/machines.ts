import type { Device } from '../data/devices.ts'
import { lastSeen } from '../data/devices.ts'
import { pascal } from '../data/names.ts'
import type { Fields } from '../data/odata/fields.ts'
import type { TenantData } from '../data/tenant-data.ts'
import { formatTicks, type Ticks, ticksOfDate } from '../data/ticks.ts'

/** A device with what was changed about it and as of now. */
export type Machine = Device & { lastSeen: Ticks; allTags: string[] }

const exposureLevels = ['None', 'Low', 'Medium', 'High']
const riskScores = ['None', 'Informational', 'Low', 'Medium', 'High']
const healthStatuses = [
  'Active',
  'Inactive',
  'ImpairedCommunication',
  'NoSensorData',
  'NoSensorDataImpairedCommunication',
  'Unknown',
]
const onboardingStatuses = ['Onboarded', 'CanBeOnboarded', 'Unsupported', 'InsufficientInfo']

/** What `$filter` takes on machines. */
export const machineFields: Fields<Machine> = {
  computerDnsName: { type: 'string', hasPrefixes: true, read: machine => machine.dnsName },
  id: { type: 'string', read: machine => machine.id },
  version: { type: 'string', read: machine => machine.os.version },
  deviceValue: { type: 'enum', members: ['Normal', 'Low', 'High'], read: machine => machine.value },
  aadDeviceId: { type: 'string', read: machine => machine.aadDeviceId },
  machineTags: { type: 'list', read: machine => machine.allTags },
  lastSeen: { type: 'time', read: machine => machine.lastSeen },
  exposureLevel: { type: 'enum', members: exposureLevels, read: machine => machine.exposure },
  onboardingStatus: { type: 'enum', members: onboardingStatuses, read: machine => machine.onboarding },
  lastIpAddress: { type: 'string', read: machine => machine.ip },
  healthStatus: { type: 'enum', members: healthStatuses, read: machine => machine.health },
  osPlatform: { type: 'string', read: machine => machine.os.platform },
  riskScore: { type: 'enum', members: riskScores, read: machine => machine.risk },
  rbacGroupId: { type: 'number', read: machine => machine.groupId },
}

/** The tenant's devices as machines, the one seen last first. */
export function listMachines(data: TenantData): Machine[] {
  const epoch = ticksOfDate(data.world.epoch)
  return data.inventory.devices
    .map(device => toMachine(device, data, epoch))
    .sort((a, b) => Number(b.lastSeen - a.lastSeen))
}

/** A machine by its id or by its DNS name, in any case. */
export function findMachine(data: TenantData, idOrName: string): Machine | undefined {
  const wanted = idOrName.toLowerCase()
  const device = data.inventory.devices.find(one => one.id === wanted || one.dnsName === wanted)
  return device && toMachine(device, data, ticksOfDate(data.world.epoch))
}

function toMachine(device: Device, data: TenantData, epoch: Ticks): Machine {
  const changed = data.world.overlay.get<string[]>(data.profile.tenantId, 'machine-tag', device.id)
  return { ...device, lastSeen: lastSeen(device, data.now, epoch), allTags: changed ?? device.tags }
}

/** A machine as Defender for Endpoint prints it. */
export function renderMachine(machine: Machine): Record<string, unknown> {
  const isOnboarded = machine.onboarding === 'onboarded'
  return {
    id: machine.id,
    mergedIntoMachineId: machine.mergedInto,
    isPotentialDuplication: machine.mergedInto !== null,
    isExcluded: false,
    exclusionReason: null,
    computerDnsName: machine.dnsName,
    firstSeen: formatTicks(machine.firstSeen),
    lastSeen: formatTicks(machine.lastSeen),
    osPlatform: machine.os.platform,
    osVersion: null,
    osProcessor: 'x64',
    version: machine.os.version,
    lastIpAddress: machine.ip,
    lastExternalIpAddress: machine.externalIp,
    agentVersion: isOnboarded ? machine.agentVersion : null,
    osBuild: machine.os.build,
    healthStatus: pascal(machine.health),
    deviceValue: machine.value,
    rbacGroupId: machine.groupId,
    rbacGroupName: machine.groupName,
    riskScore: isOnboarded ? pascal(machine.risk) : null,
    exposureLevel: isOnboarded ? pascal(machine.exposure) : null,
    isAadJoined: machine.isAadJoined,
    aadDeviceId: machine.isAadJoined ? machine.aadDeviceId : null,
    machineTags: machine.allTags,
    defenderAvStatus: pascal(machine.av),
    onboardingStatus: pascal(machine.onboarding),
    osArchitecture: '64-bit',
    managedBy: machine.managedBy,
    managedByStatus: machine.managedBy === 'Unknown' ? 'Unknown' : 'Success',
    ipAddresses: [
      { ipAddress: machine.ip, macAddress: machine.mac, type: 'Ethernet', operationalStatus: 'Up' },
      { ipAddress: '127.0.0.1', macAddress: null, type: 'SoftwareLoopback', operationalStatus: 'Up' },
    ],
    vmMetadata: null,
  }
}
