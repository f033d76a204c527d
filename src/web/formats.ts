import { lookupUrl } from '../microsoft/failures/lookup.ts'
import { limitsWords } from '../tenants/limits.ts'

const numbers = new Intl.NumberFormat('en')
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })

const steps: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
]

/** How values are written on pages. Times are UTC; the browser adds the local time on hover. */
export const formats = {
  /** `12,345` */
  number: (value: number) => numbers.format(value),

  /** `2026-11-22 15:04 UTC` */
  time(value: Date | string | null | undefined): string {
    if (!value) return '–'
    const iso = (typeof value === 'string' ? new Date(value) : value).toISOString()
    return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`
  },

  /** ISO 8601, for the `datetime` attribute. */
  iso: (value: Date | string) => (typeof value === 'string' ? new Date(value) : value).toISOString(),

  /** `3 minutes ago`, `in 2 days` */
  relative(value: Date | string, now = Date.now()): string {
    const seconds = Math.round((new Date(value).getTime() - now) / 1000)
    const [unit, size] = steps.find(([, size]) => Math.abs(seconds) >= size) ?? (['second', 1] as const)
    return relative.format(Math.trunc(seconds / size), unit)
  },

  /** `1 tenant`, `2 tenants` */
  count: (value: number, singular: string, plural = `${singular}s`) =>
    `${numbers.format(value)} ${value === 1 ? singular : plural}`,

  /** `api-key.created` as `Api key created`, `NotSupported` as `Not supported` */
  words(name: string | null | undefined): string | null {
    if (!name) return null
    const text = name
      .replace(/([a-z])([A-Z])/g, '$1 $2')
      .replaceAll(/[.\-_]/g, ' ')
      .toLowerCase()
    return text.charAt(0).toUpperCase() + text.slice(1)
  },

  limits: limitsWords,

  /** Microsoft's own page about an error number, null for any other code. */
  lookup: lookupUrl,

  /** `850 ms`, `2.4 s`, `3 min 5 s` */
  duration(milliseconds: number): string {
    if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`
    const seconds = milliseconds / 1000
    if (seconds < 60) return `${seconds.toFixed(1)} s`
    return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`
  },
}

/** `45 s`, `12 min`, `5.5 h`, `3.2 d`; a dash for what was not measured. */
export function spanWords(seconds: number | null): string {
  if (seconds === null) return '–'
  if (seconds < 60) return `${Math.round(seconds)} s`
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`
  if (seconds < 172_800) return `${(seconds / 3600).toFixed(1)} h`
  return `${(seconds / 86_400).toFixed(1)} d`
}
