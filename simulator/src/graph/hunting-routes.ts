import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { readTimespan } from '../data/hunting/timespan.ts'
import type { AnswerStyle } from '../data/hunting/write-answer.ts'
import { dataOf, tenantDataOf } from '../data/world-data.ts'
import type { ApiContext } from '../world.ts'
import { badRequest, unknownError } from './respond.ts'

/** OData reads parameter names without case, so that `Query` and `query` are one. */
const huntingBody = z.preprocess(
  body => {
    if (typeof body !== 'object' || body === null || Array.isArray(body)) return body
    return Object.fromEntries(Object.entries(body).map(([name, value]) => [name.toLowerCase(), value]))
  },
  z.strictObject({
    query: z.string().min(1).max(100_000),
    timespan: z.string().max(200).nullish(),
    // Unknown workspaces are passed over: the primary one answers.
    workspaceid: z.string().nullish(),
  }),
)

const style: AnswerStyle = { isPascal: false, isAnnotated: true, dynamic: 'nested', bool: 'boolean' }

/** Graph's `runHuntingQuery`. */
export async function huntingRoutes(app: FastifyInstance, { context }: { context: ApiContext }) {
  app.post('/v1.0/security/runHuntingQuery', async (request, reply) => {
    const caller = context.authenticate(request, 'graph')
    context.requireRoles(caller, 'graph', ['ThreatHunting.Read.All'])
    const about = { caller, world: context.world }
    const data = tenantDataOf(context.world, caller, 'graph')
    context.throttle(caller, 'graph', 'hunting')

    const body = huntingBody.safeParse(request.body)
    if (!body.success) throw badRequest(about, 'The request body is not valid: a query is required.')
    const span = readTimespan(body.data.timespan ?? undefined, data.now)
    if (!span) throw badRequest(about, `Invalid timespan '${body.data.timespan}'.`)

    const metadata = `${context.linkOrigin('graph')}/v1.0/$metadata#microsoft.graph.security.huntingQueryResults`
    const head = { text: `"@odata.context":${JSON.stringify(metadata)},` }
    const limits = context.huntingLimits('graph')
    const asked = { surface: 'graph', query: body.data.query, span, limits, style, head } as const
    const outcome = await dataOf(context.world).queries.run(data, asked)
    if (outcome.kind === 'timeout') throw unknownError(about, 504)
    if (outcome.kind === 'refused') throw badRequest(about, outcome.message)
    return reply.type('application/json; charset=utf-8').send(outcome.json)
  })
}
