import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { readTimespan } from '../data/hunting/timespan.ts'
import type { AnswerStyle } from '../data/hunting/write-answer.ts'
import { dataOf, tenantDataOf } from '../data/world-data.ts'
import type { ApiContext } from '../world.ts'
import { type About, badRequest, serverError } from './respond.ts'

/** Body names are case-sensitive here. */
export const huntingBody = z.object({ Query: z.string().min(1).max(100_000) })

const style: AnswerStyle = { isPascal: true, isAnnotated: false, dynamic: 'nested', bool: 'boolean' }

/** Defender XDR's `advancedhunting/run`: gone on 2027-02-01, answered until then. */
export async function huntingRoutes(app: FastifyInstance, { context }: { context: ApiContext }) {
  app.post('/api/advancedhunting/run', async (request, reply) => {
    const caller = context.authenticate(request, 'defender')
    context.requireRoles(caller, 'defender', ['AdvancedHunting.Read.All'])
    const about: About = { caller, world: context.world, surface: 'defender' }
    const data = tenantDataOf(context.world, caller, 'defender')
    context.throttle(caller, 'defender', 'hunting')

    const body = huntingBody.safeParse(request.body)
    const span = readTimespan(undefined, data.now)
    if (!body.success || !span) throw badRequest(about, 'InvalidRequestBody', 'Request body is incorrect')
    const limits = context.huntingLimits('defender')
    const asked = { surface: 'defender', query: body.data.Query, span, limits, style, head: 'cost' } as const
    const outcome = await dataOf(context.world).queries.run(data, asked)
    if (outcome.kind === 'timeout') throw serverError(about, 'Query exceeded the timeout period.')
    if (outcome.kind === 'refused') throw badRequest(about, 'BadRequest', outcome.message)
    return reply.type('application/json; charset=utf-8').send(outcome.json)
  })
}
