import { systemAccount } from '../accounts.ts'
import type { ProcessFact } from '../alert-model.ts'
import type { Device } from '../devices.ts'
import { type FileImage, fileOf, fullPath, windowsImage } from '../images.ts'
import { makeRandom, seedOf } from '../random.ts'
import type { TenantInventory } from '../tenant-inventory.ts'
import { ticksPerDay } from '../ticks.ts'

/** The processes that run on a device all day and start the others, by file name. */
export type Residents = ReadonlyMap<string, ProcessFact>

const cache = new WeakMap<Device, Residents>()

const systemPrograms = [
  'services.exe',
  'svchost.exe',
  'MsMpEng.exe',
  'MsSense.exe',
  'wmiprvse.exe',
  'lsass.exe',
]
const userPrograms = ['explorer.exe', 'msedge.exe', 'OUTLOOK.EXE', 'ms-teams.exe', 'OneDrive.exe']
const unixPrograms = ['launchd', 'systemd', 'bash', 'cron', 'sshd']

export function residentsOf(device: Device): Residents {
  const known = cache.get(device)
  if (known) return known
  const random = makeRandom(seedOf(device.id, 'residents'))
  const residents = new Map<string, ProcessFact>()
  const add = (
    image: FileImage,
    commandLine: string,
    isSystem: boolean,
    parent: ProcessFact | null,
  ): ProcessFact => {
    const process: ProcessFact = {
      device,
      image,
      id: random.int(400, 12_000),
      commandLine,
      // Booted once and running since: some time in the month before the history begins.
      created:
        device.firstSeen + BigInt(random.int(0, 30)) * ticksPerDay + BigInt(random.int(0, 863_999_999)),
      account: isSystem ? systemAccount : device.owner,
      integrity: isSystem ? 'System' : 'Medium',
      logonId: isSystem ? 999 : random.int(100_000, 90_000_000),
      parent,
    }
    residents.set(image.name, process)
    return process
  }

  if (device.os.isWindows) {
    let services: ProcessFact | null = null
    for (const name of systemPrograms) {
      const image = windowsImage(name)
      const commandLine = name === 'svchost.exe' ? 'svchost.exe -k netsvcs -p' : fullPath(image)
      services ??= add(image, commandLine, true, null)
      if (name !== 'services.exe') add(image, commandLine, true, services)
    }
    let shell: ProcessFact | null = null
    for (const name of userPrograms) {
      const image = windowsImage(name)
      shell ??= add(image, fullPath(image), false, null)
      if (name !== 'explorer.exe') add(image, `"${fullPath(image)}"`, false, shell)
    }
  } else {
    for (const name of unixPrograms)
      add(fileOf(name, '/usr/sbin'), `/usr/sbin/${name}`, name !== 'bash', null)
  }
  cache.set(device, residents)
  return residents
}

/** The devices that send events. */
export function reportingDevices(inventory: TenantInventory): Device[] {
  return inventory.devices.filter(device => device.onboarding === 'onboarded' && device.silentDays === 0)
}
