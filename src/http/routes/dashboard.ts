import type { FastifyInstance } from 'fastify'
import type { Audit } from '../../audit/audit.ts'
import type { Invitations } from '../../consent/invitations.ts'
import { may } from '../../tenants/actor.ts'
import { troubles } from '../../tenants/survey.ts'
import type { Tenants } from '../../tenants/tenants.ts'
import type { CredentialExpiry, Tokens } from '../../tokens/index.ts'
import { requireActor } from '../plugins/actors.ts'

type DashboardOptions = { tenants: Tenants; invitations: Invitations; audit: Audit; tokens: Tokens }

/** The first page: how many are well, what needs somebody, what is under way. Counts only, whatever the number of tenants. */
export async function dashboardRoutes(app: FastifyInstance, options: DashboardOptions): Promise<void> {
  const { tenants, invitations, audit, tokens } = options

  app.get('/', async (request, reply) => {
    const actor = requireActor(request)
    const [summary, invited, open, recent, credentials] = await Promise.all([
      tenants.summarize(actor),
      invitations.counts(actor),
      invitations.list(actor, {}, { limit: 6 }),
      audit.list(actor, {}, { limit: 8 }),
      tokens.expiry(),
    ])
    const waiting =
      (invited.created ?? 0) + (invited.opened ?? 0) + (invited.started ?? 0) + (invited.consented ?? 0)
    return await reply.page(
      '/dashboard/index',
      { title: 'Dashboard', section: 'dashboard' },
      {
        summary,
        invited,
        waiting,
        problems: troubles(summary),
        missingRoles: summary.byMissingRole,
        openInvitations: open.items
          .filter(({ status }) => !['verified', 'expired', 'revoked'].includes(status))
          .map(({ id, status, customer, createdAt, expiresAt }) => ({
            id,
            status,
            customerName: customer.name,
            createdAt,
            expiresAt,
          })),
        recent: recent.items,
        credentialWarnings: may(actor, 'manage-staff') ? credentials.filter(needsAttention) : [],
        isEmpty: summary.total === 0 && open.items.length === 0,
      },
    )
  })
}

function needsAttention({ level, problem }: CredentialExpiry): boolean {
  return level !== 'ok' || problem !== null
}
