import type { FastifyInstance } from 'fastify'
import type { Audit } from '../../audit/audit.ts'
import type { Sightings } from '../../incidents/sightings/sightings.ts'
import type { IncidentStatistics, IncidentStatisticsReader } from '../../incidents/statistics/statistics.ts'
import type { ResponseTimes } from '../../incidents/statistics/statistics-store.ts'
import type { Invitations } from '../../invitations/invitations.ts'
import { isOverdue } from '../../invitations/reminder.ts'
import type { CredentialExpiry, Tokens } from '../../microsoft/tokens/index.ts'
import type { Notifications } from '../../notifications/notifications.ts'
import { may } from '../../tenants/permissions.ts'
import { type TroubleLine, troubles } from '../../tenants/readiness/readiness.ts'
import type { TenantSummary, Tenants } from '../../tenants/tenants.ts'
import { formats, spanWords } from '../formats.ts'
import { requireActor } from '../plugins/access/actors.ts'
import { toRow } from './incidents/sightings.ts'

type DashboardOptions = {
  tenants: Tenants
  invitations: Invitations
  audit: Audit
  tokens: Tokens
  incidentStatistics: IncidentStatisticsReader
  sightings: Sightings
  notifications: Notifications
}

const dayMs = 86_400_000

const closedLinks = ['verified', 'expired', 'revoked']

/** The first page: what needs somebody, and how the work goes. Counts only, whatever the number of tenants. */
export async function dashboardRoutes(app: FastifyInstance, options: DashboardOptions): Promise<void> {
  const { tenants, invitations, audit, tokens, incidentStatistics, sightings, notifications } = options

  app.get('/', { config: { act: 'tenant.read' } }, async (request, reply) => {
    const actor = requireActor(request)
    const now = new Date()
    const [summary, open, overdue, recent, credentials, incidents, news, shared] = await Promise.all([
      tenants.summarize(actor),
      invitations.list(actor, {}, { limit: 6 }),
      invitations.countOverdue(actor),
      audit.list(actor, {}, { limit: 6 }),
      tokens.expiry(),
      incidentStatistics.read(actor),
      notifications.list(actor, { limit: 5 }),
      sightings.list(actor, { since: new Date(now.getTime() - 7 * dayMs), limit: 5 }),
    ])
    // The drawing library takes half a second to load: it waits for the first chart.
    const { daysOf, incidentChart } = await import('../charts/incident-chart.ts')
    const days = daysOf(incidents.byDay, incidents.days, now)
    const hasIncidents = days.some(({ total }) => total > 0) || incidents.open > 0
    return await reply.page(
      '/dashboard/index',
      { title: 'Dashboard', section: 'dashboard' },
      {
        figures: figuresOf(incidents, summary, now),
        summary,
        attention: attentionLines(troubles(summary), summary.byMissingRole, overdue),
        news: news.items.filter(({ isNew }) => isNew),
        sightings: shared.items.map(toRow),
        chart: hasIncidents ? incidentChart(days) : null,
        days: days.toReversed(),
        times: timesOf(incidents.responseTimes),
        slowest: incidents.slowest.map(one => ({ ...one, times: timesOf(one) })),
        openInvitations: open.items
          .filter(({ status }) => !closedLinks.includes(status))
          .map(one => ({
            id: one.id,
            status: isOverdue(one, now) ? 'overdue' : one.status,
            customerName: one.customer.name,
          })),
        recent: recent.items,
        credentialWarnings: may(actor, 'settings.read') ? credentials.filter(needsAttention) : [],
        isEmpty: summary.total === 0 && open.items.length === 0,
        now,
      },
    )
  })
}

/** The few figures that decide what to do first, each with the rows behind it. */
function figuresOf(incidents: IncidentStatistics, summary: TenantSummary, now: Date) {
  const { unassignedHigh, mine, open, oldestUnassignedAt } = incidents
  const troubled = summary.byStatus.degraded + summary.byStatus.disconnected
  const queue = '/incidents?'
  return [
    {
      label: 'High, unassigned',
      value: formats.number(unassignedHigh),
      href: `${queue}severity=high&assignedTo=none`,
      tone: unassignedHigh > 0 ? 'danger' : undefined,
    },
    { label: 'Assigned to me', value: formats.number(mine), href: `${queue}assignedTo=me` },
    { label: 'Open incidents', value: formats.number(open), href: '/incidents?view=all' },
    {
      label: 'Oldest unassigned',
      value: oldestUnassignedAt ? age(oldestUnassignedAt, now) : 'none',
      href: `${queue}assignedTo=none&sort=-createdAt`,
    },
    {
      label: 'Tenants to look at',
      value: `${formats.number(troubled)} of ${formats.number(summary.total)}`,
      href: summary.byStatus.disconnected > 0 ? '/tenants?status=disconnected' : '/tenants?status=degraded',
      tone: summary.byStatus.disconnected > 0 ? 'danger' : troubled > 0 ? 'caution' : undefined,
    },
  ]
}

/** One line for each cause, whatever number of tenants it touches. */
function attentionLines(
  problems: TroubleLine[],
  missing: { value: string; count: number }[],
  overdueInvitations: number,
) {
  return [
    ...problems.map(({ code, message, remedy, count, isAboutTheTenant, lastAt }) => ({
      text: message,
      remedy,
      amount: formats.count(count, 'tenant'),
      at: lastAt,
      href: isAboutTheTenant
        ? `/readiness?cause=${encodeURIComponent(code)}#concerned`
        : `/tenants?error=${encodeURIComponent(code)}`,
    })),
    ...missing.map(({ value, count }) => ({
      text: `Permission ${value} is not granted`,
      remedy: 'Send a new consent link; readiness has one for each tenant.',
      amount: formats.count(count, 'tenant'),
      at: null,
      href: `/readiness?missing=${encodeURIComponent(value)}#concerned`,
    })),
    ...(overdueInvitations === 0
      ? []
      : [
          {
            text: 'Consent links were not used by their reminder date',
            remedy: 'Remind the contact, or ask what holds them back.',
            amount: formats.count(overdueInvitations, 'invitation'),
            at: null,
            href: '/invitations?overdue=true',
          },
        ]),
  ]
}

function timesOf({ acknowledgeMedian, acknowledgeP90, resolveMedian, resolveP90, count }: ResponseTimes) {
  return {
    count,
    acknowledge: spanWords(acknowledgeMedian),
    acknowledgeP90: spanWords(acknowledgeP90),
    resolve: spanWords(resolveMedian),
    resolveP90: spanWords(resolveP90),
  }
}

function age(since: Date, now: Date): string {
  return spanWords((now.getTime() - since.getTime()) / 1000)
}

function needsAttention({ level, failure }: CredentialExpiry): boolean {
  return level !== 'ok' || failure !== null
}
