/** A calendar month in UTC. */
export type Month = {
  /** `2026-11` */
  name: string
  from: Date
  /** The first moment after it. */
  to: Date
}

/** @param name `2026-11` @returns null when it is no month between 2020 and 2099 */
export function readMonth(name: string): Month | null {
  const [, year, month] = /^(20[2-9]\d)-(0[1-9]|1[0-2])$/.exec(name) ?? []
  return year && month ? monthOf(Date.UTC(Number(year), Number(month) - 1, 1)) : null
}

/** The month that a time lies in. */
export function monthOf(time: number | Date): Month {
  const at = new Date(time)
  const [year, month] = [at.getUTCFullYear(), at.getUTCMonth()]
  const from = new Date(Date.UTC(year, month, 1))
  return { name: from.toISOString().slice(0, 7), from, to: new Date(Date.UTC(year, month + 1, 1)) }
}

export function monthBefore({ from }: Month): Month {
  return monthOf(from.getTime() - 1)
}

/** The month of `now` and those before it, latest first. */
export function lastMonths(now: Date, count: number): Month[] {
  const months = [monthOf(now)]
  while (months.length < count) months.push(monthBefore(months.at(-1) as Month))
  return months
}
