import type { DayCount } from '../../incidents/statistics/statistics-store.ts'
import { axisLooks, compactNumber } from './axes.ts'
import { placeholder } from './placeholder-colors.ts'
import { renderSvg } from './render-svg.ts'

/** From the bottom of a bar to its top, each with its colour. */
const severities = [
  { severity: 'informational', label: 'Informational', color: placeholder.rest },
  { severity: 'low', label: 'Low', color: placeholder.low },
  { severity: 'medium', label: 'Medium', color: placeholder.medium },
  { severity: 'high', label: 'High', color: placeholder.high },
] as const

/** A day of the table behind the chart. */
export type IncidentDay = {
  day: string
  total: number
  high: number
  medium: number
  low: number
  other: number
}

/** Every day of a span with its counts, days without incidents too. `days` end today, UTC. */
export function daysOf(counts: readonly DayCount[], days: number, now: Date): IncidentDay[] {
  const today = Math.floor(now.getTime() / 86_400_000)
  return Array.from({ length: days }, (_, index) => {
    const day = new Date((today - days + 1 + index) * 86_400_000).toISOString().slice(0, 10)
    const own = counts.filter(one => one.day === day)
    const of = (severity: string) => own.find(one => one.severity === severity)?.count ?? 0
    const total = own.reduce((sum, { count }) => sum + count, 0)
    const [high, medium, low] = [of('high'), of('medium'), of('low')]
    return { day, total, high, medium, low, other: total - high - medium - low }
  })
}

/** Incidents by day and severity as stacked bars. */
export function incidentChart(days: readonly IncidentDay[]): string {
  const countIn = (day: IncidentDay, severity: (typeof severities)[number]['severity']) =>
    severity === 'informational' ? day.other : day[severity]
  const total = days.reduce((sum, day) => sum + day.total, 0)
  return renderSvg(
    {
      grid: { left: 40, right: 8, top: 28, bottom: 24 },
      legend: { top: 0, left: 0, itemGap: 24, textStyle: { color: placeholder.text }, icon: 'rect' },
      xAxis: {
        type: 'category',
        data: days.map(({ day }) => day.slice(5)),
        ...axisLooks,
        splitLine: { show: false },
      },
      yAxis: {
        type: 'value',
        minInterval: 1,
        ...axisLooks,
        axisLabel: { ...axisLooks.axisLabel, formatter: compactNumber },
      },
      series: severities.map(({ severity, label, color }) => ({
        type: 'bar',
        stack: 'day',
        name: label,
        data: days.map(day => countIn(day, severity)),
        barMaxWidth: 18,
        itemStyle: { color },
      })),
    },
    { width: 620, height: 200 },
    {
      id: 'incidents-by-day',
      title: 'Incidents by day and severity',
      description: `${total.toLocaleString('en')} incidents in ${days.length} days. The table below has the numbers.`,
    },
  )
}
