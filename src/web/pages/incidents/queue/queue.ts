import type { FastifyInstance } from 'fastify'
import type { Freshness } from '../../../../incidents/freshness.ts'
import type { IncidentView } from '../../../../incidents/model.ts'
import type { Queue } from '../../../../incidents/queue/queue.ts'
import type { SavedViews } from '../../../../incidents/saved-views/saved-views.ts'
import { formats } from '../../../formats.ts'
import { requireActor } from '../../../plugins/access/actors.ts'
import { triageOptions } from '../triage/triage-form.ts'
import { type ColumnName, cellsOf, columnOf, offeredColumns, readColumns, usualColumns } from './columns.ts'
import { chipsOf, facetsOf } from './facets.ts'
import {
  filtersOf,
  hiddenFields,
  isFiltered,
  queueHref,
  queueQuery,
  readQueueAddress,
  sortLabels,
} from './queue-address.ts'
import { listSavedViews, savedViewHref } from './saved-view-list.ts'

const perPage = 100
/** Tenants that are behind, named with their cause; of more the number is told. */
const shownBehind = 20

/**
 * The queue of incidents over every tenant that one may see. htmx is sent the
 * queue alone. Without a query it opens with the reader's default view.
 */
export async function incidentQueueRoutes(
  app: FastifyInstance,
  { queue, freshness, savedViews }: { queue: Queue; freshness: Freshness; savedViews: SavedViews },
): Promise<void> {
  app.get('/incidents', { config: { act: 'incident.read' } }, async (request, reply) => {
    const actor = requireActor(request)
    if (Object.keys(request.query ?? {}).length === 0) {
      const opening = await savedViews.findDefault(actor)
      if (opening) return reply.redirect(savedViewHref(opening), 302)
    }
    const now = new Date()
    const address = readQueueAddress(request.query)
    const filters = filtersOf(address, actor.label, now)
    const [page, counts, summary, behind, views, chosen] = await Promise.all([
      queue.list(actor, filters, { sort: address.sort, limit: perPage, cursor: address.cursor || null }),
      queue.count(actor, filters, { withoutOwn: true }),
      freshness.summarize(actor, filters),
      freshness.behind(actor, filters, shownBehind),
      savedViews.list(actor),
      savedViews.columns(actor),
    ])
    const own = readColumns(chosen ?? [])
    const columns = address.columns.length > 0 ? address.columns : own.length > 0 ? own : usualColumns
    const results = {
      address,
      hiddenFields: hiddenFields(address),
      triage: triageOptions,
      incidents: page.items.map(incident => toRow(incident, columns, actor.label)),
      columns: columns.map(columnOf),
      isUsualColumns: columns.join() === usualColumns.join(),
      offeredColumns: offeredColumns(columns),
      views: listSavedViews(views, address, actor.label),
      // What is on the screen: a view that is saved keeps its columns, whatever its reader chose.
      saved: {
        query: queueQuery({ ...address, columns: [...columns], cursor: '' }),
        name: '',
        isShared: false,
      },
      total: counts.isExact ? formats.number(counts.total) : `more than ${formats.number(counts.total - 1)}`,
      freshness: { ...summary, behind, behindCount: summary.tenants - summary.current },
      facets: facetsOf(address, counts, actor.label),
      chips: chipsOf(address),
      sorts: Object.entries(sortLabels).map(([value, label]) => ({ value, label })),
      isFiltered: isFiltered(address),
      hereHref: queueHref(address),
      nextHref: page.nextCursor ? queueHref({ ...address, cursor: page.nextCursor }) : null,
      firstHref: address.cursor ? queueHref({ ...address, cursor: '' }) : null,
      now,
    }
    if (request.headers['hx-request']) return await reply.partial('/incidents/_queue', results)
    return await reply.header('vary', 'hx-request').page(
      '/incidents/index',
      {
        title: 'Incidents',
        section: 'incidents',
        scripts: ['incident-queue.js', 'column-list.js'],
        width: 'full',
      },
      results,
    )
  })
}

function toRow(incident: IncidentView, columns: readonly ColumnName[], userName: string) {
  const { id, title, severity } = incident
  return { id, title, severity, href: incidentHref(id), cells: cellsOf(incident, columns, userName) }
}

export function incidentHref(id: string): string {
  return `/incidents/${encodeURIComponent(id)}`
}
