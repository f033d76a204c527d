import { exactTimeOf } from '../../microsoft/defender/index.ts'

/** A time as Microsoft's are kept here: seven digits of a second. */
export function toExact(at: Date): string {
  return exactTimeOf(at.toISOString())
}

/** An exact time moved by so many milliseconds. */
export function shiftExact(exact: string, ms: number): string {
  return toExact(new Date(Date.parse(exact) + ms))
}

/** The later of the times that are there. */
export function latest(...times: (string | null)[]): string | null {
  return times.reduce((best, time) => (time !== null && (best === null || time > best) ? time : best), null)
}

export function earliest(one: string, other: string): string {
  return one < other ? one : other
}
