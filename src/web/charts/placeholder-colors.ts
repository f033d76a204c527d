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

type ColorName = keyof typeof variables

const names = Object.keys(variables) as ColorName[]

/** Such as `#fe0003`: unlikely to occur otherwise, and of one length. */
const colorOf = (index: number) => `#fe00${index.toString(16).padStart(2, '0')}`

export const placeholder = Object.fromEntries(names.map((name, index) => [name, colorOf(index)])) as Record<
  ColorName,
  string
>

const byColor = new Map(names.map((name, index) => [colorOf(index), variables[name]]))

/** Colours of series, in their order; they are told apart by lightness too. */
export const seriesColors = names.filter(name => name.startsWith('series')).map(name => placeholder[name])

/** The page's variable behind a placeholder. */
export function variableOf(color: string): string | undefined {
  return byColor.get(color)
}
