import { placeholder } from './placeholder-colors.ts'

const label = { color: placeholder.text, fontSize: 12 }
const line = { lineStyle: { color: placeholder.line } }

/** Looks that all axes share. */
export const axisLooks = {
  axisLabel: label,
  axisLine: line,
  axisTick: { show: false },
  splitLine: line,
  nameTextStyle: label,
}

/** Values of a cell's text on an axis: long ones are cut in the middle of nowhere useful, so at the end. */
export function shorten(text: string, most = 24): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text
}

export const compactNumber = (value: number) =>
  new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 }).format(value)

/** Times on an axis, in UTC: as much of a date as the distance between marks needs. */
export const timeLabels = {
  year: '{yyyy}',
  month: '{d} {MMM}',
  day: '{d} {MMM}',
  hour: '{HH}:{mm}',
  minute: '{HH}:{mm}',
  second: '{HH}:{mm}:{ss}',
}
