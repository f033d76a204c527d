import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Approvals } from '../../../approvals/approvals.ts'
import type { ApprovalView } from '../../../approvals/model.ts'
import { requireActor } from '../../plugins/access/actors.ts'
import { readInput } from '../../read-input.ts'
import type { Flash } from '../../types.ts'

const query = z.object({ cursor: z.string().max(100).optional().catch(undefined) })
const decision = z.object({
  decision: z.enum(['approve', 'reject']),
  comment: z.string().max(500).default(''),
})

type WithId = { Params: { id: string } }

/** Acts that wait for a second person. */
export async function approvalRoutes(
  app: FastifyInstance,
  { approvals }: { approvals: Approvals },
): Promise<void> {
  app.get('/approvals', { config: { act: 'approval.read' } }, async (request, reply) => {
    const actor = requireActor(request)
    const { cursor } = readInput(query, request.query)
    const { items, nextCursor } = await approvals.list(actor, {}, { limit: 50, cursor: cursor ?? null })
    const head = { title: 'Approvals', section: 'approvals' } as const
    return await reply.page('/approvals/index', head, {
      waiting: items.filter(({ status }) => status === 'waiting'),
      ended: items.filter(({ status }) => status !== 'waiting'),
      nextHref: nextCursor ? `/approvals?cursor=${nextCursor}` : null,
      firstHref: cursor ? '/approvals' : null,
    })
  })

  app.post<WithId>(
    '/approvals/:id/decision',
    { config: { act: 'approval.decide' } },
    async (request, reply) => {
      const { decision: wanted, comment } = readInput(decision, request.body)
      const ended = await approvals.decide(requireActor(request), request.params.id, {
        approve: wanted === 'approve',
        comment,
      })
      request.session.flash = flashOf(ended)
      return reply.redirect('/approvals', 303)
    },
  )

  app.post<WithId>(
    '/approvals/:id/withdrawal',
    { config: { act: 'approval.decide' } },
    async (request, reply) => {
      await approvals.withdraw(requireActor(request), request.params.id)
      request.session.flash = { kind: 'success', text: 'The request is withdrawn. Nothing was done.' }
      return reply.redirect('/approvals', 303)
    },
  )
}

function flashOf({ status, error }: ApprovalView): Flash {
  if (status === 'done') return { kind: 'success', text: 'Approved, and done.' }
  if (status === 'rejected') return { kind: 'success', text: 'Rejected. Nothing was done.' }
  const why = error ? `: ${error.message} ${error.remedy}` : '.'
  return { kind: 'danger', text: `Approved, but it could not be done${why}` }
}
