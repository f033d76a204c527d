import type { QuietTime } from './model.ts'

const minuteMs = 60_000
const dayMinutes = 24 * 60

/**
 * When a quiet time that is on ends; null outside of one. It may reach over
 * midnight, and where clocks change it ends at its time of the day.
 *
 * @param timeZone IANA name
 */
export function quietUntil(quiet: QuietTime | null, timeZone: string, now: Date): Date | null {
  if (!quiet) return null
  const from = minutesOf(quiet.from)
  const until = minutesOf(quiet.until)
  const at = minuteOfDay(now, timeZone)
  const isQuiet = from < until ? at >= from && at < until : at >= from || at < until
  if (!isQuiet) return null
  const start = now.getTime() - (now.getTime() % minuteMs)
  const left = (until - at + dayMinutes) % dayMinutes
  // A change of the clocks in between makes the wait an hour longer or shorter: look at the times around it.
  for (const shift of [0, -60, 60, -30, 30]) {
    const end = new Date(start + (left + shift) * minuteMs)
    if (end > now && minuteOfDay(end, timeZone) === until) return end
  }
  // The clocks jumped over it.
  return new Date(start + left * minuteMs)
}

/** `HH:MM` as minutes of the day. */
export function minutesOf(time: string): number {
  const [hours, minutes] = time.split(':').map(Number)
  return (hours ?? 0) * 60 + (minutes ?? 0)
}

export function writeMinutes(minutes: number): string {
  const two = (value: number) => String(value).padStart(2, '0')
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
}

function minuteOfDay(at: Date, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en', {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(at)
  const of = (type: string) => Number(parts.find(part => part.type === type)?.value ?? 0)
  return of('hour') * 60 + of('minute')
}
