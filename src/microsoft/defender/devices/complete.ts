import type { Device, DeviceUser } from './model.ts'

/** A device of the hunting tables with what only Defender for Endpoint's API knows, and what it knows better. */
export function completeDevice(hunted: Device, known: Device): Device {
  const told = Object.fromEntries(
    Object.entries(known).filter(([, value]) => value !== null && !(Array.isArray(value) && !value.length)),
  ) as Partial<Device>
  return {
    ...hunted,
    ...told,
    source: 'both',
    // Either may be the fresher one.
    lastSeenAt: latest(hunted.lastSeenAt, known.lastSeenAt),
    tags: [...new Set([...known.tags, ...hunted.tags])],
  }
}

/** Accounts of both sources, each once, the one seen last first. */
export function completeUsers(hunted: readonly DeviceUser[], known: readonly DeviceUser[]): DeviceUser[] {
  const users = new Map(hunted.map(user => [keyOf(user), user]))
  for (const user of known) {
    const same = users.get(keyOf(user))
    users.set(
      keyOf(user),
      same
        ? { ...same, isDomainAdmin: user.isDomainAdmin, firstSeenAt: user.firstSeenAt ?? same.firstSeenAt }
        : user,
    )
  }
  return [...users.values()].sort((a, b) => (b.lastSeenAt ?? '').localeCompare(a.lastSeenAt ?? ''))
}

function keyOf({ domain, account }: DeviceUser): string {
  return `${domain ?? ''}\\${account}`.toLowerCase()
}

function latest(a: string | null, b: string | null): string | null {
  return a !== null && b !== null ? (a > b ? a : b) : (a ?? b)
}
