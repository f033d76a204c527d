import type { ListOptions } from './list-options.ts'
import { ODataProblem } from './problem.ts'

export type Page<T> = {
  items: T[]
  /** how many match in all, before paging */
  total: number
  /** where the next page begins; null on the last one */
  nextOffset: number | null
}

/**
 * Filters, orders and cuts a list.
 *
 * @param limits `pageSize` caps what `$top` asks; beyond `deepest` items no page is produced, without a word
 */
export function cutPage<T>(
  all: readonly T[],
  options: ListOptions<T>,
  limits: { pageSize: number; deepest?: number },
): Page<T> {
  const matching = options.filter ? all.filter(options.filter) : [...all]
  if (options.order) matching.sort(options.order)
  const reachable = matching.slice(0, limits.deepest ?? matching.length)
  const start = options.skipToken === null ? options.skip : readSkipToken(options.skipToken)
  const size = Math.min(options.top, limits.pageSize)
  const items = reachable.slice(start, start + size)
  const next = start + items.length
  return {
    items,
    total: matching.length,
    nextOffset: items.length > 0 && next < reachable.length ? next : null,
  }
}

/**
 * The opaque mark that a next link carries.
 *
 * @param passed empty pages that were sent at this place
 */
export function writeSkipToken(offset: number, passed = 0): string {
  return Buffer.from(passed === 0 ? `page ${offset}` : `page ${offset} ${passed}`).toString('base64url')
}

/** The mark of the same place after one more empty page. */
export function passSkipToken(token: string): string {
  const [, offset = 0, passed = 0] = Buffer.from(token, 'base64url').toString().split(' ')
  return writeSkipToken(Number(offset), Number(passed) + 1)
}

function readSkipToken(token: string): number {
  const match = /^page (\d{1,9})(?: \d{1,9})?$/.exec(Buffer.from(token, 'base64url').toString())
  if (!match) throw new ODataProblem('The skip token is not valid.')
  return Number(match[1])
}
