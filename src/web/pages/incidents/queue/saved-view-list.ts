import type { SavedView } from '../../../../incidents/saved-views/saved-views.ts'
import { shortUser } from '../words.ts'
import { type QueueAddress, queueQuery, readQueueQuery } from './queue-address.ts'

/** A saved view beside the filters. */
export type ListedView = {
  name: string
  href: string
  owner: string | null
  isCurrent: boolean
  isDefault: boolean
  isShared: boolean
}

/** @param address of the queue that is shown */
export function listSavedViews(
  views: readonly SavedView[],
  address: QueueAddress,
  userName: string,
): { own: ListedView[]; shared: ListedView[] } {
  const here = queueQuery({ ...address, cursor: '' })
  const listed = (view: SavedView): ListedView => ({
    name: view.name,
    href: savedViewHref(view),
    owner: view.isOwn ? null : shortUser(view.owner, userName),
    isCurrent: here === canonical(view.query),
    isDefault: view.isDefault,
    isShared: view.isShared,
  })
  return {
    own: views.filter(({ isOwn }) => isOwn).map(listed),
    shared: views.filter(({ isOwn }) => !isOwn).map(listed),
  }
}

export function savedViewHref({ query }: Pick<SavedView, 'query'>): string {
  return `/incidents?${canonical(query)}`
}

/** A query as the queue writes it: a view that an older version saved is equal to what is shown. */
export function canonical(query: string): string {
  return queueQuery({ ...readQueueQuery(query), cursor: '' })
}
