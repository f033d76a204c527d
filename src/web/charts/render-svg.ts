import { BarChart, ScatterChart } from 'echarts/charts'
import { GridComponent, LegendComponent } from 'echarts/components'
import { type EChartsCoreOption, init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import { placeholder, variableOf } from './placeholder-colors.ts'

use([BarChart, ScatterChart, GridComponent, LegendComponent, SVGRenderer])

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/**
 * Draws a chart as SVG to be put into a page: its colours are the page's
 * variables, so it follows light and dark, and it has neither styles nor
 * scripts, which the page's policy would stop.
 *
 * @param size in units of the drawing; the page scales it
 * @param words what it shows, for those who do not see it
 * @see Apache ECharts, "Server-side rendering"
 */
export function renderSvg(
  option: EChartsCoreOption,
  size: { width: number; height: number },
  words: { id: string; title: string; description: string },
): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, ...size })
  try {
    chart.setOption({ animation: false, useUTC: true, textStyle: { color: placeholder.text }, ...option })
    const svg = chart.renderToSVGString()
    const body = svg
      .slice(svg.indexOf('>') + 1, svg.lastIndexOf('</svg>'))
      .replaceAll(/<style[^>]*>.*?<\/style>/gs, '')
      .replaceAll(/<[^>]*>/g, withoutStyle)
    return `<svg viewBox="0 0 ${size.width} ${size.height}" role="img" aria-labelledby="${words.id}-title ${words.id}-text"><title id="${words.id}-title">${escapeText(words.title)}</title><desc id="${words.id}-text">${escapeText(words.description)}</desc>${body}</svg>`
  } finally {
    chart.dispose()
  }
}

/** Text in the drawing is escaped, so what looks like a tag is one of the renderer's own. */
function withoutStyle(tag: string): string {
  return tag
    .replaceAll(/ (?:class|ecmeta_\w+|pointer-events)="[^"]*"/g, '')
    .replace(/ style="([^"]*)"/, (_, style: string) => attributesOf(style))
    .replaceAll(/ (fill|stroke)="(#[0-9a-f]{6})"/g, (whole, name: string, color: string) => {
      const variable = variableOf(color)
      return variable ? ` ${name}="var(${variable})"` : whole
    })
}

function attributesOf(style: string): string {
  const size = /font-size:(\d+(?:\.\d+)?px)/.exec(style)?.[1]
  const weight = /font-weight:(\w+)/.exec(style)?.[1]
  return `${size ? ` font-size="${size}"` : ''}${weight ? ` font-weight="${weight}"` : ''}`
}

function escapeText(text: string): string {
  return text.replaceAll(/[&<>"]/g, character => escapes[character] ?? '')
}
