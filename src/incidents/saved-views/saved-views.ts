import { z } from 'zod'
import type { Audit } from '../../audit/audit.ts'
import { AppError } from '../../errors.ts'
import type { Database } from '../../platform/database/index.ts'
import { storableText } from '../../platform/storable.ts'
import { type Actor, isLimited, visibleTo } from '../../tenants/actor.ts'
import { may, requireAct } from '../../tenants/permissions.ts'
import {
  changeView,
  countOwn,
  deleteView,
  findOwnNamed,
  findPreference,
  findSeen,
  findView,
  findViews,
  putPreference,
  putView,
  type ViewRecord,
} from './store.ts'

/** A view of the queue as somebody sees it. */
export type SavedView = {
  id: string
  name: string
  /** The query of the queue's address, without `?`. */
  query: string
  owner: string
  isOwn: boolean
  isShared: boolean
  /** The queue opens with it. */
  isDefault: boolean
}

/** Views of the queue: one's own, and those that others share. What an address shows is decided when it is opened. */
export type SavedViews = {
  /** Own ones first, each part by name. A shared one that names tenants or tags beyond the actor's is not among them. */
  list(actor: Actor): Promise<SavedView[]>
  /** @throws AppError `not_found`, also for a view of somebody else that is not shared */
  get(actor: Actor, id: string): Promise<SavedView>
  /**
   * @param view `name` 1–80 characters; `query` of the address, at most 12,000
   * @param options `replace`: an own view of that name gets this address
   * @throws AppError `forbidden`, `invalid` with `fields`, `conflict` when there is one of that name
   */
  save(
    actor: Actor,
    view: { name: string; query: string; isShared: boolean },
    options?: { replace?: boolean },
  ): Promise<SavedView>
  /** The owner's to do. @throws AppError `forbidden`, `not_found`, `invalid`, `conflict` */
  rename(actor: Actor, id: string, name: string): Promise<void>
  /** The owner's to do; an administrator may end it, too. @throws AppError `forbidden`, `not_found` */
  share(actor: Actor, id: string, isShared: boolean): Promise<void>
  /** The owner's to do; a shared one also an administrator's. @throws AppError `forbidden`, `not_found` */
  remove(actor: Actor, id: string): Promise<void>
  /** The view that the queue opens with; null: none. @throws AppError `not_found` */
  setDefault(actor: Actor, id: string | null): Promise<void>
  /** The default view, if one was chosen and may still be seen. */
  findDefault(actor: Actor): Promise<SavedView | null>
  /** The columns that somebody chose, in their order; null for the usual ones. */
  columns(actor: Actor): Promise<string[] | null>
  setColumns(actor: Actor, columns: readonly string[] | null): Promise<void>
}

const mostOwn = 100
const longestName = 80
const longestQuery = 12_000

const guid = z.guid()

export function createSavedViews({ db, audit }: { db: Database; audit: Audit }): SavedViews {
  async function visible(actor: Actor, id: string): Promise<ViewRecord> {
    requireAct(actor, 'incident.read')
    const record = guid.safeParse(id).success ? await findView(db, id) : null
    const [found] = record ? await withinReach(db, actor, [record]) : []
    if (found) return found
    throw new AppError('not_found', 'there is no such view', {
      remedy: 'Look it up beside the queue; its owner may have removed it, or shares it no longer.',
    })
  }

  /** The view, when the actor owns it. */
  async function owned(actor: Actor, id: string): Promise<ViewRecord> {
    const record = await visible(actor, id)
    if (record.ownerId === actor.id) return record
    throw new AppError('forbidden', `this view is ${record.owner}'s`, {
      remedy: 'Open it and save it as a view of your own.',
    })
  }

  /** The view, when the actor owns it or looks after the views of others. */
  async function managed(actor: Actor, id: string): Promise<ViewRecord> {
    return may(actor, 'view.manage') ? visible(actor, id) : owned(actor, id)
  }

  async function find(actor: Actor): Promise<SavedView | null> {
    const preference = await findPreference(db, actor.id)
    if (!preference?.defaultViewId) return null
    const record = await findView(db, preference.defaultViewId)
    const [found] = record ? await withinReach(db, actor, [record]) : []
    return found ? toView(found, actor, found.id) : null
  }

  return {
    async list(actor) {
      requireAct(actor, 'incident.read')
      const [records, preference] = await Promise.all([findViews(db, actor.id), findPreference(db, actor.id)])
      const reached = await withinReach(db, actor, records)
      const views = reached.map(record => toView(record, actor, preference?.defaultViewId ?? null))
      return [...views.filter(({ isOwn }) => isOwn), ...views.filter(({ isOwn }) => !isOwn)]
    },

    async get(actor, id) {
      const [record, preference] = await Promise.all([visible(actor, id), findPreference(db, actor.id)])
      return toView(record, actor, preference?.defaultViewId ?? null)
    },

    async save(actor, wanted, { replace = false } = {}) {
      requireAct(actor, 'incident.read')
      if (wanted.isShared) requireAct(actor, 'view.share')
      const view = { ...wanted, name: readName(wanted.name) }
      if (view.query.length > longestQuery) throw invalid('name', 'these filters are too many for one view')
      const known = await findOwnNamed(db, actor.id, view.name)
      if (known && !replace) throw taken()
      if (known?.isShared && !view.isShared) view.isShared = true
      if (!known && (await countOwn(db, actor.id)) >= mostOwn)
        throw invalid('name', `nobody has more than ${mostOwn} views: delete one first`)
      const saved = await db.$transaction(async tx => {
        const record = await putView(tx, { ...view, owner: actor })
        const { name, query, isShared } = record
        await audit.record({ actor, action: 'view.saved', target: name, detail: { query, isShared } }, tx)
        return record
      })
      const preference = await findPreference(db, actor.id)
      return toView(saved, actor, preference?.defaultViewId ?? null)
    },

    async rename(actor, id, text) {
      const record = await owned(actor, id)
      if (record.isShared) requireAct(actor, 'view.share')
      const name = readName(text)
      const other = await findOwnNamed(db, actor.id, name)
      if (other && other.id !== id) throw taken()
      await db.$transaction(async tx => {
        if (!(await changeView(tx, id, { name }))) return
        const detail = { from: record.name, to: name }
        await audit.record({ actor, action: 'view.renamed', target: name, detail }, tx)
      })
    },

    async share(actor, id, isShared) {
      const record = isShared ? await owned(actor, id) : await managed(actor, id)
      if (isShared) requireAct(actor, 'view.share')
      if (record.isShared === isShared) return
      await db.$transaction(async tx => {
        if (!(await changeView(tx, id, { isShared }))) return
        const detail = { owner: record.owner, query: record.query }
        const action = isShared ? 'view.shared' : 'view.unshared'
        await audit.record({ actor, action, target: record.name, detail }, tx)
      })
    },

    async remove(actor, id) {
      const record = await managed(actor, id)
      await db.$transaction(async tx => {
        if (!(await deleteView(tx, id))) return
        const detail = { owner: record.owner, query: record.query }
        await audit.record({ actor, action: 'view.removed', target: record.name, detail }, tx)
      })
    },

    async setDefault(actor, id) {
      requireAct(actor, 'incident.read')
      if (id !== null) await visible(actor, id)
      await putPreference(db, actor.id, { defaultViewId: id })
    },

    async findDefault(actor) {
      requireAct(actor, 'incident.read')
      return find(actor)
    },

    async columns(actor) {
      requireAct(actor, 'incident.read')
      const preference = await findPreference(db, actor.id)
      return preference && preference.columns.length > 0 ? preference.columns : null
    },

    async setColumns(actor, columns) {
      requireAct(actor, 'incident.read')
      await putPreference(db, actor.id, { columns: [...(columns ?? [])] })
    },
  }
}

/**
 * Own views, and shared ones that name nothing beyond what the actor may see:
 * the address of a view would tell that a tenant or a tag exists.
 */
async function withinReach(db: Database, actor: Actor, records: ViewRecord[]): Promise<ViewRecord[]> {
  const isOwn = ({ ownerId }: ViewRecord) => ownerId === actor.id
  const offered = records.filter(record => isOwn(record) || record.isShared)
  const limits = visibleTo(actor)
  const ofOthers = offered.filter(record => !isOwn(record)).map(({ query }) => namedIn(query))
  if (!isLimited(actor) || ofOthers.length === 0) return offered
  const seen = await findSeen(
    db,
    limits,
    ofOthers.flatMap(({ tenantIds }) => tenantIds),
    ofOthers.flatMap(({ tags }) => tags),
  )
  return offered.filter(record => {
    const { tenantIds, tags } = namedIn(record.query)
    return (
      isOwn(record) ||
      (tenantIds.every(id => seen.tenantIds.has(id)) && tags.every(tag => seen.tags.has(tag)))
    )
  })
}

function namedIn(query: string): { tenantIds: string[]; tags: string[] } {
  const address = new URLSearchParams(query)
  const tenantIds = address.getAll('tenant').filter(id => guid.safeParse(id).success)
  return { tenantIds: tenantIds.map(id => id.toLowerCase()), tags: address.getAll('tag') }
}

function toView(record: ViewRecord, actor: Actor, defaultViewId: string | null): SavedView {
  const { id, name, query, owner, ownerId, isShared } = record
  return { id, name, query, owner, isOwn: ownerId === actor.id, isShared, isDefault: id === defaultViewId }
}

function readName(text: string): string {
  const name = storableText(text).replace(/\s+/g, ' ').trim()
  if (name === '') throw invalid('name', 'a view needs a name')
  if (name.length > longestName) throw invalid('name', `a name has at most ${longestName} characters`)
  return name
}

function invalid(field: string, message: string): AppError {
  return new AppError('invalid', message, { details: { fields: { [field]: message } } })
}

function taken(): AppError {
  return new AppError('conflict', 'you have a view of this name', {
    remedy: 'Choose another name, or replace the view.',
    details: { fields: { name: 'You have a view of this name' } },
  })
}
