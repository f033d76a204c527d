import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { readTimespan } from '../data/hunting/timespan.ts'
import type { AnswerStyle } from '../data/hunting/write-answer.ts'
import { dataOf } from '../data/world-data.ts'
import { huntingBody } from '../defender/hunting-routes.ts'
import { badRequest, serverError } from '../defender/respond.ts'
import { queryOf } from '../graph/respond.ts'
import { type EndpointRoutes, enter } from './enter.ts'

/** Dynamic values come as text that holds JSON, booleans as 1 and 0: the oldest of the three spellings. */
const style: AnswerStyle = { isPascal: true, isAnnotated: false, dynamic: 'text', bool: 'number' }

/** Defender for Endpoint's `advancedqueries/run`: device and alert tables only; gone on 2027-02-01. */
export async function huntingRoutes(app: FastifyInstance, { context, base }: EndpointRoutes) {
  async function run(request: FastifyRequest, reply: FastifyReply, read: () => string | undefined) {
    const about = enter(context, request, ['AdvancedQuery.Read.All'], 'hunting', 'advancedqueries')
    const query = read()
    const span = readTimespan(undefined, about.data.now)
    if (query === undefined || !span)
      throw badRequest(about, 'InvalidRequestBody', 'Request body is incorrect')
    const limits = context.huntingLimits('endpoint')
    const asked = { surface: 'endpoint', query, span, limits, style, head: { text: '' } } as const
    const outcome = await dataOf(context.world).queries.run(about.data, asked)
    if (outcome.kind === 'timeout') throw serverError(about, 'Query exceeded the timeout period.')
    if (outcome.kind === 'refused') throw badRequest(about, 'BadRequest', outcome.message)
    return reply.type('application/json; charset=utf-8').send(outcome.json)
  }

  app.post(`${base}/advancedqueries/run`, (request, reply) =>
    run(request, reply, () => huntingBody.safeParse(request.body).data?.Query),
  )
  // For reporting tools that can only read.
  app.get(`${base}/advancedqueries`, (request, reply) =>
    run(request, reply, () => queryOf(request).get('key') ?? undefined),
  )
}
