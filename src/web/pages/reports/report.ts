import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Audit } from '../../../audit/audit.ts'
import { AppError } from '../../../errors.ts'
import { lastMonths, type Month, monthBefore, monthOf, readMonth } from '../../../reports/month.ts'
import type { Report, Reports } from '../../../reports/report.ts'
import { deviceActionNames, eventWords } from '../../../tenants/event-words.ts'
import { spanWords } from '../../formats.ts'
import { requireActor } from '../../plugins/access/actors.ts'
import { readInput } from '../../read-input.ts'
import { classificationName, statusName } from '../incidents/words.ts'
import { tenantPage } from '../tenants/tenant-page.ts'
import { reportCsv } from './report-csv.ts'

type WithTenant = { Params: { tenantId: string } }

const query = z.object({ month: z.string().max(10).optional().catch(undefined) })

/** Months that the page offers. */
const offered = 13

/** What was done for a customer in a month: a page that prints well, and its figures as CSV. */
export async function reportRoutes(
  app: FastifyInstance,
  { reports, audit }: { reports: Reports; audit: Audit },
): Promise<void> {
  app.get<WithTenant>(
    '/tenants/:tenantId/report',
    { config: { act: 'incident.read' } },
    async (request, reply) => {
      const month = monthOfRequest(request)
      const report = await reports.read(requireActor(request), request.params.tenantId, month)
      const { tenant } = report
      const months = lastMonths(new Date(), offered)
      const isOffered = months.some(({ name }) => name === month.name)
      return await tenantPage(reply, tenant, '/tenants/report', {
        heading: `Report ${month.name}`,
        ...viewOf(report),
        months: (isOffered ? months : [...months, month]).map(one => ({
          value: one.name,
          label: wordsOf(one),
        })),
        csvHref: `/tenants/${tenant.id}/report.csv?month=${month.name}`,
        scripts: ['print.js'],
      })
    },
  )

  app.get<WithTenant>(
    '/tenants/:tenantId/report.csv',
    { config: { act: 'incident.read' } },
    async (request, reply) => {
      const month = monthOfRequest(request)
      if (month.name !== readInput(query, request.query).month) throw unknownMonth()
      const report = await reports.read(requireActor(request), request.params.tenantId, month)
      const csv = reportCsv(report)
      await audit.record({
        actor: requireActor(request),
        action: 'report.exported',
        tenantId: report.tenant.id,
        tenantName: report.tenant.name,
        detail: { month: month.name, rowCount: csv.split('\r\n').length - 2 },
      })
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', `attachment; filename="report-${report.tenant.id}-${month.name}.csv"`)
        .send(csv)
    },
  )
}

/** The month before unless told: the one that a report is usually about. What makes no sense counts as not told. */
function monthOfRequest(request: FastifyRequest): Month {
  const { month } = readInput(query, request.query)
  return readMonth(month ?? '') ?? monthBefore(monthOf(Date.now()))
}

/** A file that is worked on must not hold another month than was asked for. */
function unknownMonth(): AppError {
  return new AppError('invalid', '"month" is not a month', { remedy: 'Write it as 2026-10.' })
}

const monthWords = new Intl.DateTimeFormat('en', { month: 'long', year: 'numeric', timeZone: 'UTC' })

function wordsOf({ from }: Month): string {
  return monthWords.format(from)
}

function viewOf(report: Report) {
  const { month, times, notable, actions, classified, events } = report
  const share = Math.max(1, ...report.severities.flatMap(({ created, before }) => [created, before]))
  const measured = (name: string, median: keyof typeof times.month, p90: keyof typeof times.month) => ({
    name,
    median: spanWords(times.month[median]),
    p90: spanWords(times.month[p90]),
    before: spanWords(times.before[median]),
  })
  return {
    ...report,
    monthName: wordsOf(month),
    beforeName: wordsOf(monthBefore(month)),
    severities: report.severities.map(line => ({
      ...line,
      bar: Math.round((line.created / share) * 100),
      barBefore: Math.round((line.before / share) * 100),
    })),
    times: [
      measured('To acknowledge', 'acknowledgeMedian', 'acknowledgeP90'),
      measured('To resolve', 'resolveMedian', 'resolveP90'),
    ],
    notable: notable.map(one => ({
      ...one,
      statusName: statusName(one.status),
      classificationName: classificationName(one.classification),
    })),
    classified: classified.map(one => ({ ...one, name: classificationName(one.classification) })),
    actions: actions.map(one => ({ ...one, name: deviceActionNames[one.type] ?? one.type })),
    events: events.map(({ at, type, detail }) => ({ at, detail, title: eventWords(type).title })),
  }
}
