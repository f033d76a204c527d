import type { CustomerProfile } from '../world.ts'
import { type Account, makeAccounts } from './accounts.ts'
import { type Device, deviceCount, makeDevices } from './devices.ts'

/** What does not change about a tenant: its accounts and devices. */
export type TenantInventory = {
  profile: CustomerProfile
  accounts: Account[]
  devices: Device[]
  /** devices that report, run Windows and are no duplicate: where stories happen */
  huntable: Device[]
  epoch: Date
}

export function makeTenantInventory(profile: CustomerProfile, epoch: Date): TenantInventory {
  const accounts = makeAccounts(profile, Math.ceil(deviceCount(profile) * 1.3) + 4)
  const devices = makeDevices(profile, accounts, epoch)
  const huntable = devices.filter(
    device =>
      device.os.isWindows &&
      device.silentDays === 0 &&
      device.onboarding === 'onboarded' &&
      !device.mergedInto,
  )
  return { profile, accounts, devices, huntable, epoch }
}
