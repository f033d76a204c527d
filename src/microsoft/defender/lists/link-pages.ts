import { writeCursor } from '../../../platform/paging.ts'
import type { SurfaceCall } from '../call.ts'
import type { PagePosition } from './list-position.ts'
import type { ListPart } from './read-list.ts'

/** How far a list was read: the link that came, and the position that a cursor may hold of it. */
export type LinkPosition = { link: SurfaceCall['path']; position: PagePosition }

/** Reads one page, which is empty only at the end of the list. */
export type FetchPage<T> = (path: SurfaceCall['path']) => Promise<ListPart<T>>

/** The request that a list begins with; its path may have a `$top`. */
export type OwnRequest = { surface: PagePosition['surface']; path: string }

export type LinkPage<T> = { items: T[]; next: LinkPosition | null; isIncomplete: boolean }

/**
 * One page of a list that is followed by its links. The position holds the
 * options of a link and no address, so that a cursor that comes back from a
 * browser leads to this list and nowhere else.
 *
 * @param limit items to give; the element that reaches it is given whole
 * @param itemsOf what becomes of one element: nothing, itself, or what it holds
 */
export async function nextLinkPage<W, T>(
  own: OwnRequest,
  position: LinkPosition | PagePosition | null,
  limit: number,
  fetch: FetchPage<W>,
  itemsOf: (element: W) => T[],
): Promise<LinkPage<T>> {
  const start = position && ('link' in position ? position.position : position)
  const path = position && 'link' in position ? position.link : start ? pathOf(own, start) : own.path
  const page = await fetch(path)
  const given = start?.given ?? 0

  const items: T[] = []
  let used = Math.min(given, page.value.length)
  for (const element of page.value.slice(given)) {
    if (items.length >= limit) break
    used += 1
    items.push(...itemsOf(element))
  }

  const { isIncomplete } = page
  if (used < page.value.length) return { items, next: positionAt(own, page.from, used), isIncomplete }
  const link = nextLinkOf(page)
  // Pages can be cut elsewhere when another limit is asked for.
  const next = link === null ? null : positionAt(own, link, given - Math.min(given, page.value.length))
  return { items, next, isIncomplete }
}

/**
 * The link to the page behind this one. A full page without a link ends the
 * list as well, but for services that page by `$skip` alone: as long as they
 * never sent a link, a full page is followed by one more request.
 */
export function nextLinkOf({ value, from, nextLink }: ListPart<unknown>): SurfaceCall['path'] | null {
  if (nextLink !== null) return { link: nextLink }
  if (typeof from !== 'string') return null
  const options = new Map(optionsOf(from))
  const top = options.get('$top')
  if (top === undefined || value.length < Number(top)) return null
  options.set('$skip', String(Number(options.get('$skip') ?? 0) + value.length))
  return withQuery(from, [...options])
}

/** The cursor of a position; null at the end. */
export function cursorOf(next: LinkPosition | PagePosition | null): string | null {
  return next && writeCursor('link' in next ? next.position : next)
}

function positionAt(own: OwnRequest, at: SurfaceCall['path'], given: number): LinkPosition {
  const ours = new Map(optionsOf(own.path))
  const options = optionsOf(typeof at === 'string' ? at : at.link).map(
    ([name, value]): [string] | [string, string] => (ours.get(name) === value ? [name] : [name, value]),
  )
  return { link: at, position: { by: 'page', surface: own.surface, options, given } }
}

function pathOf(own: OwnRequest, { options }: PagePosition): string {
  const ours = new Map(optionsOf(own.path))
  return withQuery(
    own.path,
    options.map(([name, value]) => [name, value ?? ours.get(name) ?? '']),
  )
}

function optionsOf(pathOrLink: string): [string, string][] {
  const mark = pathOrLink.indexOf('?')
  return mark < 0 ? [] : [...new URLSearchParams(pathOrLink.slice(mark + 1))]
}

function withQuery(path: string, options: [string, string][]): string {
  const [address = ''] = path.split('?', 1)
  // The dollar sign stays as it is: not every service takes it encoded.
  const query = options.map(
    ([name, value]) => `${encodeURIComponent(name).replace(/^%24/, '$')}=${encodeURIComponent(value)}`,
  )
  return query.length === 0 ? address : `${address}?${query.join('&')}`
}
