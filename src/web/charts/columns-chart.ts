import type { EChartsCoreOption } from 'echarts/core'
import type { Cell, Column, ColumnType } from '../../hunting/results/model.ts'
import { cellText } from '../../hunting/results/unify-rows.ts'
import { axisLooks, compactNumber, shorten, timeLabels } from './axes.ts'
import { placeholder, seriesColors } from './placeholder-colors.ts'
import { renderSvg } from './render-svg.ts'

/** Values that occur together, and in how many rows. */
export type ValuePair = { x: Cell; y: Cell; rows: number }

const numeric = new Set<ColumnType>(['int', 'long', 'real', 'decimal'])
/** Labels belong to the space that is given, however long they are. */
const aroundLabels = { outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' }
const mostCategories = 24
const mostSeries = seriesColors.length

/** What is drawn of two columns, and what had to be left out. */
export type ColumnsChart = { svg: string; kind: 'points' | 'bars' | 'counts'; left: string | null }

/**
 * Draws any two columns, by what they hold: points where `y` is a measure or
 * `x` a measure or time, else rows per value of `x`, parted by `y`.
 *
 * @param y null: how many rows each value of `x` has
 */
export function columnsChart(x: Column, y: Column | null, pairs: ValuePair[]): ColumnsChart {
  return y && drawsPoints(x, y) ? points(x, y, pairs) : bars(x, y, pairs)
}

/** Whether two columns become points: then any even sample of their pairs is as good as all. */
export function drawsPoints(x: Column, y: Column): boolean {
  return numeric.has(y.type) || isMeasure(x.type)
}

function isMeasure(type: ColumnType): boolean {
  return numeric.has(type) || type === 'datetime'
}

function points(x: Column, y: Column, pairs: ValuePair[]): ColumnsChart {
  const shownX = isMeasure(x.type) ? null : commonest(pairs, 'x', mostCategories)
  const shownY = isMeasure(y.type) ? null : commonest(pairs, 'y', mostCategories)
  const shown = pairs.filter(
    pair =>
      pair.x !== null &&
      pair.y !== null &&
      (!shownX || shownX.includes(words(pair.x))) &&
      (!shownY || shownY.includes(words(pair.y))),
  )
  const option: EChartsCoreOption = {
    grid: { left: 16, right: 24, top: 32, bottom: 16, ...aroundLabels },
    xAxis: axis(x, shownX),
    yAxis: axis(y, shownY),
    series: [
      {
        type: 'scatter',
        data: shown.map(pair => [place(x.type, pair.x), place(y.type, pair.y), pair.rows]),
        symbolSize: ([, , rows]: number[]) => Math.min(28, 5 + 3 * Math.log2(rows ?? 1)),
        itemStyle: { color: seriesColors[0] ?? placeholder.rest, opacity: 0.7 },
      },
    ],
  }
  const description = `Each point is a pair of values; larger points stand for more rows. ${shown.length.toLocaleString('en')} points.`
  return {
    svg: draw(option, 420, `${y.name} by ${x.name}`, description),
    kind: 'points',
    left: leftOut(pairs, shown),
  }
}

function bars(x: Column, y: Column | null, pairs: ValuePair[]): ColumnsChart {
  const categories = commonest(pairs, 'x', mostCategories)
  const parts = y ? commonest(pairs, 'y', mostSeries) : ['rows']
  const shown = pairs.filter(pair => categories.includes(words(pair.x)))
  const rowsOf = new Map<string, number>()
  for (const pair of shown) {
    const part = y ? words(pair.y) : 'rows'
    const key = JSON.stringify([words(pair.x), parts.includes(part) ? part : null])
    rowsOf.set(key, (rowsOf.get(key) ?? 0) + pair.rows)
  }
  const rowsOfPart = (part: string | null) =>
    categories.map(category => rowsOf.get(JSON.stringify([category, part])) ?? 0)
  const rest = rowsOfPart(null)
  const series = [
    ...parts.map((part, index) => ({
      name: shorten(part),
      data: rowsOfPart(part),
      color: seriesColors[index] ?? placeholder.rest,
    })),
    ...(rest.some(rows => rows > 0) ? [{ name: 'all others', data: rest, color: placeholder.rest }] : []),
  ]
  const option: EChartsCoreOption = {
    grid: { left: 16, right: 32, top: y ? 48 : 16, bottom: 16, ...aroundLabels },
    ...(y && {
      // Without a browser the width of words is a guess: the gap makes up for it.
      legend: { top: 0, left: 0, itemGap: 28, textStyle: { color: placeholder.text }, icon: 'rect' },
    }),
    xAxis: {
      type: 'value',
      minInterval: 1,
      ...axisLooks,
      axisLabel: { ...axisLooks.axisLabel, formatter: compactNumber },
    },
    yAxis: {
      type: 'category',
      inverse: true,
      data: categories.map(each => shorten(each, 40)),
      ...axisLooks,
      splitLine: { show: false },
    },
    series: series.map(({ name, data, color }) => ({
      type: 'bar',
      stack: 'rows',
      name,
      data,
      barMaxWidth: 20,
      itemStyle: { color },
    })),
  }
  const title = y ? `Rows by ${x.name}, parted by ${y.name}` : `Rows by ${x.name}`
  const text = `Bars for ${categories.length} values, the commonest first: ${categories.slice(0, 5).join(', ')}.`
  return {
    svg: draw(option, 80 + categories.length * 26, title, text),
    kind: y ? 'bars' : 'counts',
    left: leftOut(pairs, shown),
  }
}

function draw(option: EChartsCoreOption, height: number, title: string, description: string): string {
  const words = { id: 'columns-chart', title, description: `${description} The table below has the numbers.` }
  return renderSvg(option, { width: 960, height }, words)
}

function axis({ name, type }: Column, categories: string[] | null) {
  if (categories) {
    return { type: 'category', data: categories.map(each => shorten(each)), ...axisLooks }
  }
  if (type === 'datetime') {
    return { type: 'time', ...axisLooks, axisLabel: { ...axisLooks.axisLabel, formatter: timeLabels } }
  }
  return {
    type: 'value',
    name: shorten(name, 32),
    scale: true,
    ...axisLooks,
    axisLabel: { ...axisLooks.axisLabel, formatter: compactNumber },
  }
}

/** Where a value stands on its axis; a drawing may round what the table has exactly. */
function place(type: ColumnType, cell: Cell): number | string {
  if (type === 'datetime') return Date.parse(String(cell))
  return numeric.has(type) ? Number(cell) : shorten(words(cell))
}

function words(cell: Cell): string {
  if (cell === null) return 'null'
  return cellText(cell) || 'empty'
}

function commonest(pairs: ValuePair[], side: 'x' | 'y', most: number): string[] {
  const rows = new Map<string, number>()
  for (const pair of pairs) rows.set(words(pair[side]), (rows.get(words(pair[side])) ?? 0) + pair.rows)
  return [...rows]
    .toSorted((one, other) => other[1] - one[1])
    .slice(0, most)
    .map(([value]) => value)
}

function leftOut(pairs: ValuePair[], shown: ValuePair[]): string | null {
  const count = (list: ValuePair[]) => list.reduce((sum, { rows }) => sum + rows, 0)
  const left = count(pairs) - count(shown)
  return left === 0 ? null : `${left.toLocaleString('en')} rows with rarer values or nulls are not drawn.`
}
