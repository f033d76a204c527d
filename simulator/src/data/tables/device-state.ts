import type { Device } from '../devices.ts'
import { windowsImage } from '../images.ts'
import { pascal } from '../names.ts'
import type { Random } from '../random.ts'
import { onDevice, packRow, reportId } from '../rows.ts'
import type { TenantInventory } from '../tenant-inventory.ts'
import { ticksPerDay } from '../ticks.ts'
import { type DayOfRows, eachAbout, momentOf } from './noise.ts'
import { reportingDevices } from './residents.ts'

const signedLibraries = ['kernel32.dll', 'ntdll.dll', 'amsi.dll', 'samlib.dll']

/** One state of every device a day, as live tenants report it. */
export const deviceInfoNoise: DayOfRows = (inventory, random, dayStart) => {
  return inventory.devices.flatMap(device => {
    const at = momentOf(random, dayStart)
    if (at > lastReport(device, inventory)) return []
    return [packRow('DeviceInfo', deviceState(device, random), onDevice(device, at))]
  })
}

/** After this a device that fell silent sent nothing; far ahead for one that reports. */
function lastReport(device: Device, inventory: TenantInventory): bigint {
  const epochTicks = BigInt(inventory.epoch.getTime()) * 10_000n
  return device.silentDays > 0
    ? epochTicks - BigInt(device.silentDays) * ticksPerDay
    : epochTicks + 100_000n * ticksPerDay
}

/** As this table spells what the API of machines calls `ImpairedCommunication` and the like. */
const sensorStates: Record<Device['health'], string> = {
  active: 'Active',
  inactive: 'Inactive',
  impairedCommunication: 'Impaired communication',
  noSensorData: 'No sensor data',
}

/** The columns of DeviceInfo that describe a device's state. */
export function deviceState(device: Device, random: Random) {
  const isOnboarded = device.onboarding === 'onboarded'
  return {
    ClientVersion: isOnboarded ? device.agentVersion : '',
    PublicIP: device.externalIp,
    OSArchitecture: '64-bit',
    OSPlatform: device.os.platform,
    OSBuild: device.os.build,
    IsAzureADJoined: device.isAadJoined,
    JoinType: device.isAadJoined ? 'AAD Joined' : 'Domain Joined',
    AadDeviceId: device.isAadJoined ? device.aadDeviceId : '',
    LoggedOnUsers: JSON.stringify([
      { UserName: device.owner.name, DomainName: device.owner.domain, Sid: device.owner.sid },
    ]),
    RegistryDeviceTag: device.tags[0] ?? '',
    OSVersion: device.os.kernel,
    MachineGroup: device.groupName ?? 'UnassignedGroup',
    ReportId: reportId(random),
    OnboardingStatus: isOnboarded ? 'Onboarded' : 'Can be onboarded',
    DeviceCategory: 'Endpoint',
    DeviceType: device.isServer ? 'Server' : 'Workstation',
    Model: device.model,
    Vendor: device.vendor,
    OSDistribution: device.os.distribution,
    OSVersionInfo: device.os.version,
    MergedToDeviceId: device.mergedInto ?? '',
    IsInternetFacing: device.isServer && device.hostName.includes('web'),
    SensorHealthState: sensorStates[device.health],
    IsExcluded: false,
    ExposureLevel: isOnboarded ? pascal(device.exposure) : '',
    AssetValue: device.value,
    DeviceManualTags: JSON.stringify(device.tags),
    ConnectivityType: 'Streamlined',
    CloudPlatforms: '[]',
    IsTransient: false,
  }
}

export const networkInfoNoise: DayOfRows = (inventory, random, dayStart) =>
  inventory.devices.flatMap(device => {
    const at = momentOf(random, dayStart)
    if (device.onboarding !== 'onboarded' || at > lastReport(device, inventory)) return []
    const row = packRow(
      'DeviceNetworkInfo',
      {
        NetworkAdapterName: '{EEE1}',
        MacAddress: device.mac,
        NetworkAdapterType: device.isServer ? 'Ethernet' : 'Wireless80211',
        NetworkAdapterStatus: 'Up',
        TunnelType: 'None',
        ConnectedNetworks: JSON.stringify([
          { Name: `${device.owner.domain.toLowerCase()}.example`, Category: 'Private' },
        ]),
        DnsAddresses: '["10.0.0.1"]',
        DefaultGateways: '["10.0.0.254"]',
        IPAddresses: JSON.stringify([{ IPAddress: device.ip, SubnetPrefix: 24, AddressType: 'Private' }]),
        ReportId: reportId(random),
        OnboardingStatus: 'Onboarded',
      },
      onDevice(device, at),
    )
    return [row]
  })

/** Signatures of the libraries that were loaded. */
export const certificateNoise: DayOfRows = (inventory, random, dayStart) =>
  eachAbout(
    reportingDevices(inventory).filter(device => device.os.isWindows),
    0.2,
    random,
    device => {
      const image = windowsImage(random.pick(signedLibraries))
      const at = momentOf(random, dayStart)
      return packRow(
        'DeviceFileCertificateInfo',
        {
          SHA1: image.sha1,
          IsSigned: true,
          SignatureType: 'Catalog',
          Signer: 'Microsoft Windows',
          Issuer: 'Microsoft Windows Production PCA 2011',
          CertificateSerialNumber: '3300000460cf42a912315f6fb3000000000460',
          CertificateCreationTime: at - 400n * ticksPerDay,
          CertificateExpirationTime: at + 200n * ticksPerDay,
          IsTrusted: true,
          IsRootSignerMicrosoft: true,
          ReportId: reportId(random),
        },
        onDevice(device, at),
      )
    },
  )
