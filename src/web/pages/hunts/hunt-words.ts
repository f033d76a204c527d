import type { HuntSummary } from '../../../hunting/hunts/model.ts'
import { timespans } from './editor/draft.ts'

/** How a hunt without a name is called: by its query's first line. */
export function huntTitle({ name, query }: Pick<HuntSummary, 'name' | 'query'>): string {
  return name ?? firstLine(query)
}

/** The first line with anything in it that is no comment. */
export function firstLine(query: string): string {
  const lines = query.split('\n').map(line => line.trim())
  const line =
    lines.find(each => each !== '' && !each.startsWith('//')) ?? lines.find(Boolean) ?? 'Empty query'
  return line.length > 120 ? `${line.slice(0, 119)}…` : line
}

/** Whom the hunt asks, in words. */
export function selectionWords({ selection }: Pick<HuntSummary, 'selection'>): string {
  if (selection.kind === 'tag') return `Tenants with the tag “${selection.tag}”`
  return selection.kind === 'all' ? 'All tenants' : 'Chosen tenants'
}

/** Milliseconds from its start to its end, null before that. */
export function durationOf({ startedAt, finishedAt }: Pick<HuntSummary, 'startedAt' | 'finishedAt'>) {
  return startedAt && finishedAt ? Date.parse(finishedAt) - Date.parse(startedAt) : null
}

/** A time span in words; one that no form offers as it was written. @param timespan ISO 8601, such as `P7D` */
export function timespanWords(timespan: string): string {
  return timespans.find(({ value }) => value === timespan)?.label ?? timespan
}
