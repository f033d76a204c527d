import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { AppError } from '../../../errors.ts'
import type { Hunts } from '../../../hunting/hunts/hunts.ts'
import { type HuntSummary, isOver } from '../../../hunting/hunts/model.ts'
import type { Library } from '../../../hunting/library/library.ts'
import type { Schedules } from '../../../hunting/schedules/schedules.ts'
import { type Actor, may } from '../../../tenants/actor.ts'
import { requireActor } from '../../plugins/actors.ts'
import { rowJson, showRow } from './cells.ts'
import { viewChart, viewTime } from './chart-view.ts'
import { exportMenu } from './export-menu.ts'
import { filterFor, viewGroups } from './group-view.ts'
import { durationOf, huntTitle, selectionWords } from './hunt-words.ts'
import { ifThere } from './if-there.ts'
import { patience, within } from './patience.ts'
import { showProgress } from './progress-view.ts'
import { type ResultAddress, readAddress, writeAddress } from './result-address.ts'
import { showFilters, viewRows, viewTenants } from './result-view.ts'

type WithHunt = { Params: { huntId: string } }

/** A hunt's page: how it stands, and its result in several views. */
export async function huntResultRoutes(
  app: FastifyInstance,
  { hunts, library, schedules }: { hunts: Hunts; library: Library; schedules: Schedules },
): Promise<void> {
  /** The saved query and the schedule that it came from, as far as they are still there. */
  async function originOf(actor: Actor, { savedQueryId, scheduleId }: HuntSummary) {
    const [saved, schedule] = await Promise.all([
      savedQueryId ? ifThere(library.get(actor, savedQueryId)) : null,
      scheduleId ? ifThere(schedules.get(actor, scheduleId)) : null,
    ])
    return [
      ...(saved ? [{ what: 'From the library:', name: saved.name, href: `/library/${saved.id}` }] : []),
      ...(schedule
        ? [{ what: 'Run by the schedule', name: schedule.name, href: `/schedules/${schedule.id}` }]
        : []),
    ]
  }

  /** What the address asks for, or why it cannot be: a filter that does not fit does not take the page away. */
  async function look(actor: Actor, hunt: HuntSummary, address: ResultAddress, patienceMs: number) {
    const { columns } = await hunts.columns(actor, hunt.id)
    const filters = showFilters(hunt.id, columns, address)
    try {
      // The first look in another order makes the result's table: seconds, for a million rows.
      const seen = await within(view(actor, hunt, address), patienceMs)
      return { ...seen, isAwaited: seen === null, filters, misfit: null }
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'invalid') throw error
      return { isAwaited: false, filters, misfit: { message: error.message, remedy: error.remedy } }
    }
  }

  async function view(actor: Actor, hunt: HuntSummary, address: ResultAddress) {
    switch (address.view) {
      case 'rows':
        return { table: await viewRows(hunts, actor, hunt, address) }
      case 'groups':
        return { groups: await viewGroups(hunts, actor, hunt, address) }
      case 'chart':
        return { chart: await viewChart(hunts, actor, hunt, address) }
      case 'time':
        return { time: await viewTime(hunts, actor, hunt, address) }
      case 'tenants':
        return { tenantTable: await viewTenants(hunts, actor, hunt, address) }
    }
  }

  app.get<WithHunt>('/hunts/:huntId', async (request, reply) => {
    const actor = requireActor(request)
    const hunt = await hunts.summary(actor, request.params.huntId)
    const address = readAddress(request.url)
    // What the form asked for stands in the address from then on.
    if (new URL(request.url, 'http://localhost').searchParams.has('column')) {
      return reply.redirect(writeAddress(hunt.id, { ...address, offset: 0 }), 303)
    }
    const waits = new URL(request.url, 'http://localhost').searchParams.has('wait')
    const [progress, origin, result] = await Promise.all([
      showProgress(hunts, actor, hunt),
      originOf(actor, hunt),
      look(actor, hunt, address, waits ? patience.part : patience.page),
    ])
    const rowsShown = 'table' in result ? (result.table?.total ?? null) : null
    return await reply.code(result.misfit ? 422 : 200).page(
      '/hunts/show',
      {
        title: huntTitle(hunt),
        section: 'hunts',
        breadcrumbs: [{ href: '/hunts', label: 'Hunts' }],
        scripts: ['hunt-result.js'],
      },
      {
        ...progress,
        ...result,
        address,
        origin,
        waitHref: waitAddress(hunt.id, address),
        waited: waits && !result.isAwaited,
        title: huntTitle(hunt),
        selection: selectionWords(hunt),
        durationMs: durationOf(hunt),
        mayCancel: !isOver(hunt.status) && may(actor, 'hunt'),
        tabs: tabsOf(hunt, address),
        exports: exportMenu(hunt, result.misfit ? null : address, rowsShown),
      },
    )
  })

  app.post<WithHunt>(
    '/hunts/:huntId/cancellation',
    { preHandler: app.csrfProtection },
    async (request, reply) => {
      const { id } = await hunts.cancel(requireActor(request), request.params.huntId)
      request.session.flash = { kind: 'info', text: 'The hunt is canceled. What came until then is kept.' }
      return reply.redirect(`/hunts/${id}`, 303)
    },
  )

  /** One row, whole: each value with all its characters. */
  app.get<{ Params: { huntId: string; position: string } }>(
    '/hunts/:huntId/rows/:position',
    async (request, reply) => {
      const actor = requireActor(request)
      const hunt = await hunts.summary(actor, request.params.huntId)
      const position = z.coerce.number().int().min(0).catch(0).parse(request.params.position)
      const address = readAddress(request.url)
      const { columns, rows, total } = await hunts.page(actor, hunt.id, {
        offset: position,
        limit: 1,
        sort: address.sort,
        filters: address.filters,
      })
      const [row] = rows
      if (!row) return reply.callNotFound()
      const cells = showRow(columns, row)
      const back = writeAddress(hunt.id, address)
      return await reply.page(
        '/hunts/row',
        {
          title: `Row ${position + 1}`,
          section: 'hunts',
          breadcrumbs: [
            { href: '/hunts', label: 'Hunts' },
            { href: back, label: huntTitle(hunt) },
          ],
        },
        {
          values: columns.map(({ name, type }, index) => ({
            name,
            type,
            cell: cells[index],
            onlyHref: writeAddress(hunt.id, {
              ...address,
              offset: 0,
              filters: [...address.filters, filterFor(name, row[index] ?? null)],
            }),
          })),
          position,
          total,
          json: rowJson(columns, row),
          previousHref: position > 0 ? rowHref(hunt.id, position - 1, request.url) : null,
          nextHref: position + 1 < total ? rowHref(hunt.id, position + 1, request.url) : null,
        },
      )
    },
  )
}

/** The page again, when its result is there or after a longer while. */
function waitAddress(huntId: string, address: ResultAddress): string {
  const path = writeAddress(huntId, address)
  return `${path}${path.includes('?') ? '&' : '?'}wait=true`
}

function rowHref(huntId: string, position: number, url: string): string {
  const at = url.indexOf('?')
  return `/hunts/${huntId}/rows/${position}${at === -1 ? '' : url.slice(at)}`
}

function tabsOf({ id, counts }: HuntSummary, { view, filters }: ResultAddress) {
  const tab = (name: ResultAddress['view'], label: string, count?: number) => ({
    href: writeAddress(id, { view: name, filters: name === 'tenants' ? [] : filters }),
    label,
    isCurrent: view === name,
    ...(count !== undefined && { count: count.toLocaleString('en') }),
  })
  return [
    tab('rows', 'Rows'),
    tab('groups', 'Groups'),
    tab('chart', 'Chart'),
    tab('time', 'Over time'),
    tab('tenants', 'Tenants', counts.total),
  ]
}
