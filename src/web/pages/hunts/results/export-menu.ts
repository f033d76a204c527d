import type { HuntSummary } from '../../../../hunting/hunts/model.ts'
import { isSelection } from '../../../../hunting/results/row-selection.ts'
import { type ResultAddress, writeAddress } from './result-address.ts'

export type ExportMenu = { title: string; items: { href: string; label: string }[] }[]

const formats = [
  ['csv', 'CSV'],
  ['csv&bom=true', 'CSV for Excel'],
  ['ndjson', 'NDJSON'],
  ['json', 'JSON'],
  ['parquet', 'Parquet'],
  ['ledger', 'Account of the tenants'],
] as const

/**
 * What can be downloaded: the rows that are looked at, where these are not the whole, and the whole.
 *
 * @param address null when what it asks for cannot be
 * @param shown rows that fit the filters; null where the view does not count them
 */
export function exportMenu(
  hunt: HuntSummary,
  address: ResultAddress | null,
  shown: number | null,
): ExportMenu {
  const extent = hunt.finishedAt === null ? 'Incomplete, so far' : 'The whole result'
  const whole = { title: `${extent}: ${rows(hunt.rowCount)}`, items: itemsOf(hunt.id, '') }
  if (!address || !isSelection(address)) return [whole]
  const { filters, sort } = address
  const { search } = new URL(writeAddress(hunt.id, { filters, sort }), 'http://localhost')
  const what = filters.length > 0 ? 'Filtered' : 'Sorted'
  const title = shown === null ? `${what} rows` : `${what}: ${rows(shown)}`
  return [{ title, items: itemsOf(hunt.id, `&${search.slice(1)}`) }, whole]
}

function itemsOf(huntId: string, search: string) {
  return formats.map(([format, label]) => ({
    href: `/hunts/${huntId}/export?format=${format}${search}`,
    label,
  }))
}

function rows(count: number): string {
  return `${count.toLocaleString('en')} ${count === 1 ? 'row' : 'rows'}`
}
