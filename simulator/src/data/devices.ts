import type { CustomerProfile } from '../world.ts'
import type { Account } from './accounts.ts'
import { industries } from './industries.ts'
import { type OperatingSystem, operatingSystems } from './operating-systems.ts'
import { makeRandom, type Random, seedOf } from './random.ts'
import { type Ticks, ticksOfMs, ticksPerDay } from './ticks.ts'

/** A device as every surface knows it; enum members in Graph's spelling. */
export type Device = {
  /** 40 hexadecimal digits, the same on every surface */
  id: string
  dnsName: string
  hostName: string
  os: OperatingSystem
  ip: string
  externalIp: string
  mac: string
  aadDeviceId: string
  isServer: boolean
  isAadJoined: boolean
  firstSeen: Ticks
  /** days before the epoch that it was last seen; 0 for a device that still reports */
  silentDays: number
  health: 'active' | 'inactive' | 'impairedCommunication' | 'noSensorData'
  risk: 'none' | 'informational' | 'low' | 'medium' | 'high'
  exposure: 'none' | 'low' | 'medium' | 'high'
  value: 'Normal' | 'Low' | 'High'
  tags: string[]
  onboarding: 'onboarded' | 'canBeOnboarded'
  av: 'updated' | 'notUpdated' | 'disabled' | 'unknown'
  agentVersion: string
  managedBy: 'Intune' | 'MDE' | 'ConfigManager' | 'Unknown'
  groupId: number
  groupName: string | null
  mergedInto: string | null
  owner: Account
  vendor: string
  model: string
}

const hardware = [
  ['Dell Inc.', 'Latitude 5440'],
  ['HP', 'EliteBook 840 G10'],
  ['LENOVO', 'ThinkPad T14 Gen 4'],
  ['Microsoft Corporation', 'Surface Laptop 5'],
] as const

const serverRoles = ['dc', 'file', 'app', 'sql', 'web', 'backup', 'print', 'mgmt']

/** How many devices a tenant has, from its size alone. */
export function deviceCount(profile: CustomerProfile): number {
  const random = makeRandom(seedOf(profile.seed, 'device count'))
  if (profile.size === 'small') return random.int(5, 12)
  return profile.size === 'medium' ? random.int(30, 60) : random.int(140, 200)
}

/** Makes a tenant's devices. One in ten is a server, one in twelve does not report, one record may be a duplicate. */
export function makeDevices(profile: CustomerProfile, accounts: readonly Account[], epoch: Date): Device[] {
  const random = makeRandom(seedOf(profile.seed, 'devices'))
  const count = deviceCount(profile)
  const externalIp = `203.0.113.${random.int(2, 250)}`
  const stems = [
    ...(industries.find(one => one.name === profile.industry)?.hosts ?? []),
    'desk',
    'laptop',
    'laptop',
  ]
  const subnet = random.int(1, 40)

  const devices = Array.from({ length: count }, (_, index) => {
    const isServer = index === 0 || index % 10 === 9
    const hostName = isServer
      ? `srv-${serverRoles[Math.floor(index / 10) % serverRoles.length]}${Math.floor(index / 80) + 1}`
      : `${stems[index % stems.length]}-${index}`
    return makeDevice(profile, random, { index, isServer, hostName, externalIp, subnet, accounts, epoch })
  })

  const original = devices[3]
  const duplicate = devices.at(-1)
  // Two records for one device happen on live tenants; the later one carries the pointer.
  if (profile.size !== 'small' && original && duplicate && !duplicate.isServer) {
    duplicate.mergedInto = original.id
    duplicate.health = 'inactive'
    duplicate.silentDays = 12
  }
  return devices
}

type Place = {
  index: number
  isServer: boolean
  hostName: string
  externalIp: string
  subnet: number
  accounts: readonly Account[]
  epoch: Date
}

function makeDevice(profile: CustomerProfile, random: Random, place: Place): Device {
  const { index, isServer, hostName, accounts } = place
  const isSilent = !isServer && index > 2 && random.chance(1 / 12)
  const isUnmanaged = index > 5 && random.chance(1 / 40)
  const [vendor, model] = isServer ? ['VMware, Inc.', 'VMware20,1'] : random.pick(hardware)
  // Every tenant has till-2 or laptop-2 or the like on Windows 11: something to isolate.
  const os = random.pick(
    operatingSystems.filter(one => one.isServer === isServer && (index > 3 || one.isWindows)),
  )
  const epochTicks = ticksOfMs(place.epoch.getTime())

  return {
    id: random.hex(40),
    dnsName: `${hostName}.${profile.domain}`,
    hostName,
    os,
    ip: `10.${place.subnet}.${Math.floor(index / 200) + 4}.${10 + (index % 200)}`,
    externalIp: place.externalIp,
    mac: random.hex(12).toUpperCase(),
    aadDeviceId: random.guid(),
    isServer,
    isAadJoined: !isServer,
    firstSeen:
      epochTicks - BigInt(random.int(40, 600)) * ticksPerDay - BigInt(random.int(0, 863_999_999_999)),
    silentDays: isSilent ? random.int(8, 27) : 0,
    health: isSilent ? 'inactive' : random.chance(0.04) ? 'impairedCommunication' : 'active',
    risk: random.pick(['none', 'none', 'none', 'informational', 'low', 'medium', 'high'] as const),
    exposure: random.pick(['low', 'low', 'low', 'medium', 'medium', 'high'] as const),
    value: isServer && index === 0 ? 'High' : 'Normal',
    tags: random.chance(0.25)
      ? [random.pick(['kiosk', 'finance', 'pilot ring', 'do not patch', 'remote'])]
      : [],
    onboarding: isUnmanaged ? 'canBeOnboarded' : 'onboarded',
    av: random.pick(['updated', 'updated', 'updated', 'updated', 'notUpdated', 'unknown'] as const),
    agentVersion: `10.8${random.int(700, 799)}.${os.build}.${random.int(1000, 4999)}`,
    managedBy: isServer ? 'MDE' : random.pick(['Intune', 'Intune', 'MDE', 'Unknown'] as const),
    groupId: isServer ? 2 : 0,
    groupName: isServer ? 'Servers' : null,
    mergedInto: null,
    owner: accounts[index % accounts.length] ?? random.pick(accounts),
    vendor,
    model,
  }
}

/** When the device last sent its full report, as of `now`: about daily while it works. */
export function lastSeen(device: Device, now: Ticks, epoch: Ticks): Ticks {
  if (device.silentDays > 0) return epoch - BigInt(device.silentDays) * ticksPerDay
  const offset = BigInt(`0x${device.id.slice(0, 10)}`) % ticksPerDay
  const day = (now - offset) / ticksPerDay
  return day * ticksPerDay + offset
}
