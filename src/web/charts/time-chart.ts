import { axisLooks, compactNumber, timeLabels } from './axes.ts'
import { placeholder, seriesColors } from './placeholder-colors.ts'
import { renderSvg } from './render-svg.ts'

/** Rows in a span of time; `from` is ISO 8601 UTC. */
export type TimeBucket = { from: string; rows: number }

/**
 * Rows over time as bars.
 *
 * @param bucketMs length of each span
 */
export function timeChart(column: string, buckets: TimeBucket[], bucketMs: number): string {
  const data = buckets.map(({ from, rows }) => [Date.parse(from) + bucketMs / 2, rows])
  const first = buckets[0]?.from ?? ''
  const last = buckets.at(-1)?.from ?? ''
  const most = buckets.reduce((high, { rows }) => Math.max(high, rows), 0)
  const width = Math.max(1, Math.min(24, Math.floor(880 / spans(buckets, bucketMs)) - 1))
  return renderSvg(
    {
      grid: { left: 56, right: 16, top: 28, bottom: 32 },
      xAxis: {
        type: 'time',
        ...axisLooks,
        axisLabel: { ...axisLooks.axisLabel, formatter: timeLabels },
        splitLine: { show: false },
      },
      yAxis: {
        type: 'value',
        name: 'Rows',
        minInterval: 1,
        ...axisLooks,
        axisLabel: { ...axisLooks.axisLabel, formatter: compactNumber },
      },
      series: [
        { type: 'bar', data, barWidth: width, itemStyle: { color: seriesColors[0] ?? placeholder.rest } },
      ],
    },
    { width: 960, height: 280 },
    {
      id: 'time-chart',
      title: `Rows over time by ${column}`,
      description: `From ${first} to ${last}, at most ${most.toLocaleString('en')} rows in one span. The table below has the numbers.`,
    },
  )
}

function spans(buckets: TimeBucket[], bucketMs: number): number {
  const [first, last] = [buckets[0], buckets.at(-1)]
  if (!first || !last) return 1
  return Math.max(1, Math.round((Date.parse(last.from) - Date.parse(first.from)) / bucketMs) + 1)
}
