import type { TimePosition } from './cursor.ts'

/** An element with the id and the time, as printed, that the list is ordered by. */
type Entry<T> = { id: string; time: string; item: T }

/** Where a request begins: at this time, which is included, past so many elements. */
type Start = { time: string | null; skip: number }

export type Fetch<T> = (start: Start) => Promise<{ entries: Entry<T>[]; hasMore: boolean }>

/**
 * One page of a list ordered by time, without a deep skip: services stop
 * producing pages when skips grow. The next request begins at the last time
 * seen, and what was already given of that very time is dropped. Only when a
 * whole answer has one and the same time, it is skipped over.
 *
 * @param limit elements to give at most; an answer may hold more
 * @returns `next` is null at the end
 */
export async function nextTimePage<T>(
  surface: TimePosition['surface'],
  position: TimePosition | null,
  limit: number,
  fetch: Fetch<T>,
): Promise<{ items: T[]; next: TimePosition | null }> {
  const { entries, hasMore } = await fetch({ time: position?.time ?? null, skip: position?.skip ?? 0 })
  const fresh = entries.filter(({ id, time }) => time !== position?.time || !position.seen.includes(id))
  const taken = fresh.slice(0, limit)
  const items = taken.map(({ item }) => item)
  const isCut = taken.length < fresh.length
  if (entries.length === 0 || !(isCut || hasMore)) return { items, next: null }

  const last = isCut ? taken.at(-1) : entries.at(-1)
  const time = last?.time ?? position?.time ?? ''
  const isSameTime = time === position?.time
  const given = taken.filter(entry => entry.time === time).map(({ id }) => id)
  return {
    items,
    next: {
      by: 'time',
      surface,
      time,
      seen: isSameTime ? [...position.seen, ...given] : given,
      skip: isSameTime ? position.skip + (isCut ? 0 : entries.length) : 0,
    },
  }
}

/** Pages until so many elements are together or the list ends. */
export async function collect<T, P>(
  limit: number,
  start: P | null,
  page: (position: P | null, limit: number) => Promise<{ items: T[]; next: P | null }>,
): Promise<{ items: T[]; next: P | null }> {
  const items: T[] = []
  let position = start
  for (let requests = 0; requests < mostRequests; requests += 1) {
    const read = await page(position, limit - items.length)
    items.push(...read.items)
    position = read.next
    if (position === null || items.length >= limit) break
  }
  return { items, next: position }
}

/** A filter that lets little through must not use up the tenant's quota in one go. */
const mostRequests = 8
