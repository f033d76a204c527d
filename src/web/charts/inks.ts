/**
 * Colours for the chart library, which knows no variables: each stands for
 * one of the page's and is replaced by it in the finished drawing.
 */
const variables = {
  text: '--color-muted',
  line: '--color-line',
  series0: '--chart-1',
  series1: '--chart-2',
  series2: '--chart-3',
  series3: '--chart-4',
  series4: '--chart-5',
  series5: '--chart-6',
  series6: '--chart-7',
  series7: '--chart-8',
  rest: '--chart-rest',
  high: '--chart-high',
  medium: '--chart-medium',
  low: '--chart-low',
} as const

type Ink = keyof typeof variables

const names = Object.keys(variables) as Ink[]

/** Such as `#fe0003`: improbable, and the same length for all. */
const colorOf = (index: number) => `#fe00${index.toString(16).padStart(2, '0')}`

export const ink = Object.fromEntries(names.map((name, index) => [name, colorOf(index)])) as Record<
  Ink,
  string
>

const byColor = new Map(names.map((name, index) => [colorOf(index), variables[name]]))

/** Colours of series, in their order; they are told apart by lightness too. */
export const seriesInks = names.filter(name => name.startsWith('series')).map(name => ink[name])

/** The page's variable behind a stand-in. */
export function variableOf(color: string): string | undefined {
  return byColor.get(color)
}
