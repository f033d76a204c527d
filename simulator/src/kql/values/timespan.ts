const TICKS_PER_SECOND = 10_000_000n
export const TICKS_PER_DAY = 86_400n * TICKS_PER_SECOND

const unitTicks: Record<string, bigint> = {
  d: TICKS_PER_DAY,
  day: TICKS_PER_DAY,
  days: TICKS_PER_DAY,
  h: 3600n * TICKS_PER_SECOND,
  hr: 3600n * TICKS_PER_SECOND,
  hrs: 3600n * TICKS_PER_SECOND,
  hour: 3600n * TICKS_PER_SECOND,
  hours: 3600n * TICKS_PER_SECOND,
  m: 60n * TICKS_PER_SECOND,
  min: 60n * TICKS_PER_SECOND,
  minute: 60n * TICKS_PER_SECOND,
  minutes: 60n * TICKS_PER_SECOND,
  s: TICKS_PER_SECOND,
  sec: TICKS_PER_SECOND,
  second: TICKS_PER_SECOND,
  seconds: TICKS_PER_SECOND,
  ms: 10_000n,
  milli: 10_000n,
  millis: 10_000n,
  millisec: 10_000n,
  millisecond: 10_000n,
  milliseconds: 10_000n,
  micro: 10n,
  micros: 10n,
  microsec: 10n,
  microsecond: 10n,
  microseconds: 10n,
  nano: 0n,
  tick: 1n,
  ticks: 1n,
}

/** Ticks of a count of units such as `1.5` and `h`; undefined for a unit that the language does not have, or no count. */
function ticksOf(count: number, unit: string): bigint | undefined {
  const ticks = unitTicks[unit.toLowerCase()]
  if (ticks === undefined) return undefined
  if (Number.isSafeInteger(count)) return BigInt(count) * ticks
  return Number.isFinite(count) ? BigInt(Math.round(count * Number(ticks))) : undefined
}

/**
 * Reads a timespan: a number with a unit (`2d`, `1.5h`), a bare number of days, or `[-][d.]hh:mm[:ss[.fffffff]]`.
 *
 * @returns ticks of 100 ns, or null when the text is no timespan
 */
export function parseTimespan(text: string): bigint | null {
  const trimmed = text.trim()
  const withUnit = /^(-?\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(trimmed)
  if (withUnit) return ticksOf(Number(withUnit[1]), withUnit[2] || 'd') ?? null

  const parts = /^(-)?(?:(\d+)\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,7}))?)?$/.exec(trimmed)
  if (!parts) return null
  const [hours, minutes, seconds] = [Number(parts[3]), Number(parts[4]), Number(parts[5] ?? 0)]
  if (hours > 23 || minutes > 59 || seconds > 59) return null
  const ticks =
    BigInt(parts[2] ?? 0) * TICKS_PER_DAY +
    BigInt(hours * 3600 + minutes * 60 + seconds) * TICKS_PER_SECOND +
    BigInt((parts[6] ?? '').padEnd(7, '0'))
  return parts[1] ? -ticks : ticks
}

/** Writes a timespan as `[-][d.]hh:mm:ss[.fffffff]`. */
export function formatTimespan(ticks: bigint): string {
  const sign = ticks < 0n ? '-' : ''
  const rest = ticks < 0n ? -ticks : ticks
  const days = rest / TICKS_PER_DAY
  const seconds = Number((rest % TICKS_PER_DAY) / TICKS_PER_SECOND)
  const fraction = rest % TICKS_PER_SECOND
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
    .map(part => String(part).padStart(2, '0'))
    .join(':')
  return `${sign}${days > 0n ? `${days}.` : ''}${clock}${fraction > 0n ? `.${String(fraction).padStart(7, '0')}` : ''}`
}
