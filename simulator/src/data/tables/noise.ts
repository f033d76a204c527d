import type { KqlValue } from '../../kql/types.ts'
import type { Random } from '../random.ts'
import type { TenantInventory } from '../tenant-inventory.ts'
import type { Ticks } from '../ticks.ts'
import { ticksPerDay } from '../ticks.ts'

/** Makes the ordinary rows of one table for one day: what happens where nothing is wrong. */
export type DayOfRows = (inventory: TenantInventory, random: Random, dayStart: Ticks) => KqlValue[][]

/** A moment of the day, most often in working hours. */
export function momentOf(random: Random, dayStart: Ticks): Ticks {
  const share = random.chance(0.8) ? 0.28 + random.next() * 0.48 : random.next()
  return dayStart + BigInt(Math.floor(share * Number(ticksPerDay)))
}

/** Calls `make` for each thing as often as `rate` says on average. */
export function eachAbout<T>(
  things: readonly T[],
  rate: number,
  random: Random,
  make: (thing: T) => KqlValue[],
): KqlValue[][] {
  const rows: KqlValue[][] = []
  for (const thing of things) {
    const count = Math.floor(rate * 2 * random.next() + random.next())
    for (let index = 0; index < count; index++) rows.push(make(thing))
  }
  return rows
}
