/** How often a schedule runs, as its form offers it; `cron` is everything else. */
export const frequencies = ['hourly', 'daily', 'workdays', 'cron'] as const

export type Frequency = (typeof frequencies)[number]

/** @param at `HH:MM` on the schedule's own clock; @param cron what was typed, used for `cron` alone */
export function cronOf({ frequency, at, cron }: { frequency: Frequency; at: string; cron: string }): string {
  if (frequency === 'cron') return cron
  if (frequency === 'hourly') return '0 * * * *'
  const [hour, minute] = at.split(':').map(Number)
  return `${minute} ${hour} * * ${frequency === 'daily' ? '*' : '1-5'}`
}

/** The simplest way to say a cron expression of five fields; `at` is six o’clock where it names no time of day. */
export function frequencyOf(cron: string): { frequency: Frequency; at: string } {
  if (/^0 \* \* \* \*$/.test(cron)) return { frequency: 'hourly', at: '06:00' }
  const [, minute = '', hour = '', days = ''] = /^(\d{1,2}) (\d{1,2}) \* \* (\*|1-5)$/.exec(cron) ?? []
  if (days === '') return { frequency: 'cron', at: '06:00' }
  const at = `${hour.padStart(2, '0')}:${minute.padStart(2, '0')}`
  return { frequency: days === '*' ? 'daily' : 'workdays', at }
}
