import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Approvals } from '../../approvals/approvals.ts'
import { approvalStatuses } from '../../approvals/model.ts'
import { failure } from '../../errors.ts'
import { twoPersonActs } from '../../tenants/permissions.ts'
import { requireActor } from '../plugins/access/actors.ts'
import { listOf, listQuery, problem, refusals, tenantId, time } from './schemas.ts'

export const approval = z
  .object({
    id: z.guid(),
    act: z.enum(twoPersonActs),
    summary: z.string().describe('What would be done, in one sentence'),
    request: z.unknown().describe('What was asked for: what is done when it is approved, and nothing else'),
    tenantIds: z.array(tenantId),
    status: z.enum(approvalStatuses),
    askedBy: z.string(),
    askedAt: time,
    expiresAt: time.describe('After this it has to be asked for again'),
    decidedBy: z.string().nullable(),
    decidedAt: time.nullable(),
    comment: z.string().nullable(),
    finishedAt: time.nullable(),
    error: failure.nullable().describe('Why it could not be done'),
    isOwn: z.boolean(),
    canDecide: z.boolean().describe('Whether whoever reads this may decide about it'),
  })
  .describe('An act that waits, or waited, for a second person')

const byId = z.object({ id: z.guid() })

/** Acts that wait for a second person. */
export async function approvalApi(
  app: FastifyInstance,
  { approvals }: { approvals: Approvals },
): Promise<void> {
  const api = app.withTypeProvider<ZodTypeProvider>()
  const tags = ['Approvals']

  api.get(
    '/approvals',
    {
      config: { act: 'approval.read' },
      schema: {
        tags,
        summary: 'List acts that wait, or waited, for a second person',
        querystring: listQuery.extend({ status: z.enum(approvalStatuses).optional() }),
        response: { 200: listOf(approval), ...refusals },
      },
    },
    async request => {
      const { status, limit, cursor } = request.query
      const filters = status ? { statuses: [status] } : {}
      return await approvals.list(requireActor(request), filters, { limit, cursor: cursor ?? null })
    },
  )

  api.get(
    '/approvals/:id',
    {
      config: { act: 'approval.read' },
      schema: { tags, summary: 'Get one', params: byId, response: { 200: approval, ...refusals } },
    },
    async request => approvals.get(requireActor(request), request.params.id),
  )

  api.post(
    '/approvals/:id/decision',
    {
      config: { act: 'approval.decide' },
      schema: {
        tags,
        summary: 'Approve, and have it done; or reject',
        description:
          'By somebody else than who asked, and not by a key of theirs. The answer says how it ended: `done`, `failed` with the reason, or `rejected`.',
        params: byId,
        body: z.strictObject({ approve: z.boolean(), comment: z.string().max(500).default('') }),
        response: { 200: approval, 409: problem, ...refusals },
      },
    },
    async request => approvals.decide(requireActor(request), request.params.id, request.body),
  )

  api.post(
    '/approvals/:id/withdrawal',
    {
      config: { act: 'approval.decide' },
      schema: {
        tags,
        summary: 'Take one’s own request back',
        params: byId,
        response: { 200: approval, 409: problem, ...refusals },
      },
    },
    async request => approvals.withdraw(requireActor(request), request.params.id),
  )
}
