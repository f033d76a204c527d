import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { AppError } from '../../../../errors.ts'
import type { Hunts } from '../../../../hunting/hunts/hunts.ts'
import { type HuntSummary, isOver } from '../../../../hunting/hunts/model.ts'
import type { Library } from '../../../../hunting/library/library.ts'
import type { Schedules } from '../../../../hunting/schedules/schedules.ts'
import { within } from '../../../../platform/limits/deadline.ts'
import type { Actor } from '../../../../tenants/actor.ts'
import { may } from '../../../../tenants/permissions.ts'
import { requireActor } from '../../../plugins/access/actors.ts'
import { readInput } from '../../../read-input.ts'
import { timeLimitMs } from '../editor/time-limit.ts'
import { durationOf, huntTitle, selectionWords, timespanWords } from '../hunt-words.ts'
import { orNull } from '../or-null.ts'
import { showProgress } from '../progress-view.ts'
import { rowJson, showRow } from './cells.ts'
import { viewChart, viewTime } from './chart-view.ts'
import { exportMenu } from './export-menu.ts'
import { filterFor, viewGroups } from './group-view.ts'
import { type ResultAddress, readAddress, writeAddress } from './result-address.ts'
import { showFilters, tenantIdLast, viewRows, viewTenants } from './result-view.ts'

type WithHunt = { Params: { huntId: string } }

/** A hunt's page: how it stands, and its result in several views. */
export async function huntResultRoutes(
  app: FastifyInstance,
  { hunts, library, schedules }: { hunts: Hunts; library: Library; schedules: Schedules },
): Promise<void> {
  /** The saved query and the schedule that it came from, as far as they are still there. */
  async function originOf(actor: Actor, { savedQueryId, scheduleId }: HuntSummary) {
    const [saved, schedule] = await Promise.all([
      savedQueryId ? orNull(library.get(actor, savedQueryId)) : null,
      scheduleId ? orNull(schedules.get(actor, scheduleId)) : null,
    ])
    return [
      ...(saved ? [{ what: 'From the library:', name: saved.name, href: `/library/${saved.id}` }] : []),
      ...(schedule
        ? [{ what: 'Run by the schedule', name: schedule.name, href: `/schedules/${schedule.id}` }]
        : []),
    ]
  }

  /** What the address asks for, or why it cannot be: a filter that does not fit does not take the page away. */
  async function look(actor: Actor, hunt: HuntSummary, address: ResultAddress, limitMs: number) {
    const { columns } = await hunts.columns(actor, hunt.id)
    const filters = showFilters(hunt.id, columns, address)
    try {
      // The first look in another order makes the result's table: seconds, for a million rows.
      const seen = await within(view(actor, hunt, address), limitMs)
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

  app.get<WithHunt>('/hunts/:huntId', { config: { act: 'hunt.read' } }, async (request, reply) => {
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
      look(actor, hunt, address, waits ? timeLimitMs.part : timeLimitMs.page),
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
        timespan: timespanWords(hunt.timespan ?? 'P30D'),
        durationMs: durationOf(hunt),
        mayCancel: !isOver(hunt.status) && may(actor, 'hunt.run'),
        tabs: tabsOf(hunt, address),
        exports: exportMenu(hunt, result.misfit ? null : address, rowsShown),
      },
    )
  })

  app.post<WithHunt>(
    '/hunts/:huntId/cancellation',
    { config: { act: 'hunt.run' } },
    async (request, reply) => {
      const { id } = await hunts.cancel(requireActor(request), request.params.huntId)
      request.session.flash = { kind: 'info', text: 'The hunt is canceled. What came until then is kept.' }
      return reply.redirect(`/hunts/${id}`, 303)
    },
  )

  /** One row, whole: each value with all its characters. */
  app.get<{ Params: { huntId: string; position: string } }>(
    '/hunts/:huntId/rows/:position',
    { config: { act: 'hunt.read' } },
    async (request, reply) => {
      const actor = requireActor(request)
      const hunt = await hunts.summary(actor, request.params.huntId)
      const position = readInput(z.coerce.number().int().min(0).catch(0), request.params.position)
      const address = readAddress(request.url)
      const page = await hunts.page(actor, hunt.id, {
        offset: position,
        limit: 1,
        sort: address.sort,
        filters: address.filters,
      })
      const { columns, rows } = tenantIdLast(page)
      const [row] = rows
      if (!row) return reply.callNotFound()
      const { total } = page
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
          json: rowJson(page.columns, page.rows[0] ?? []),
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
