/**
 * Times as the services keep them: ticks of 100 ns, here counted from the Unix epoch as a bigint.
 */
export type Ticks = bigint

export const ticksPerMs = 10_000n
export const ticksPerSecond = 10_000_000n
export const ticksPerDay = 864_000_000_000n

/** @param ms milliseconds since the Unix epoch; a fraction is kept to 100 ns */
export function ticksOfMs(ms: number): Ticks {
  const whole = Math.floor(ms)
  return BigInt(whole) * ticksPerMs + BigInt(Math.floor((ms - whole) * 10_000))
}

export function ticksOfDate(date: Date): Ticks {
  return BigInt(date.getTime()) * ticksPerMs
}

/** Milliseconds since the Unix epoch, what is below a millisecond cut off. */
export function msOfTicks(ticks: Ticks): number {
  const ms = ticks / ticksPerMs
  return Number(ticks < 0n && ticks % ticksPerMs !== 0n ? ms - 1n : ms)
}

/** ISO 8601 in UTC with seven fractional digits, as hunting answers print times. */
export function formatTicks(ticks: Ticks): string {
  const ms = msOfTicks(ticks)
  const rest = Number(ticks - BigInt(ms) * ticksPerMs)
  return `${new Date(ms).toISOString().slice(0, -1)}${String(rest).padStart(4, '0')}Z`
}

/** As {@link formatTicks}, without the zeros at the end (`…02Z`, `…02.35Z`), as incidents print times. */
export function formatTicksShort(ticks: Ticks): string {
  return formatTicks(ticks).replace(/\.?0+Z$/, 'Z')
}

const isoPattern = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?(Z|[+-]\d\d:\d\d)?$/i

/**
 * Reads a date or a time of OData or ISO 8601 (`2026-08-01Z`, `2026-08-20T06:11:02.3533333Z`); without a zone
 * it is taken as UTC.
 *
 * @returns undefined when the text is no such time
 */
export function parseTicks(text: string): Ticks | undefined {
  const match = isoPattern.exec(text)
  if (!match) return undefined
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', zone = 'Z'] = match
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${zone.toUpperCase()}`)
  if (Number.isNaN(ms)) return undefined
  // Date.parse takes 2026-02-31 for the third of March; the services do not.
  if (new Date(`${year}-${month}-${day}T00:00:00Z`).getUTCDate() !== Number(day)) return undefined
  return BigInt(ms) * ticksPerMs + BigInt(fraction.padEnd(7, '0').slice(0, 7))
}
