import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import plugin from 'fastify-plugin'
import { type Problem, readProblem } from './problem.ts'

/** Turns every failure into a page or a problem document; bugs are logged whole and shown by number only. */
export const errorHandler = plugin(
  async (app: FastifyInstance) => {
    app.setErrorHandler(async (error, request, reply) => {
      const problem = readProblem(error) ?? bug(error, request)
      return await answer(problem, request, reply)
    })

    app.setNotFoundHandler(async (request, reply) => {
      const problem: Problem = {
        status: 404,
        code: 'not_found',
        title: 'Not found',
        detail: `There is nothing at ${request.url.split('?')[0]}.`,
        remedy: 'Check the address, or go back to the dashboard.',
        retryAfterSeconds: null,
        requestId: null,
        details: {},
      }
      return await answer(problem, request, reply)
    })
  },
  { name: 'error-handler' },
)

function bug(error: unknown, request: FastifyRequest): Problem {
  request.log.error({ err: error }, 'unexpected error')
  return {
    status: 500,
    code: 'internal',
    title: 'Something broke on our side',
    detail: `This was not expected. The log names the cause under the reference ${request.id}.`,
    remedy: 'Try again; if it happens again, give the reference to whoever runs this installation.',
    retryAfterSeconds: null,
    requestId: null,
    details: {},
  }
}

async function answer(problem: Problem, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  reply.code(problem.status)
  if (problem.retryAfterSeconds !== null) reply.header('retry-after', Math.ceil(problem.retryAfterSeconds))

  if (request.url.startsWith('/api/')) {
    if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="Tenantry"')
    const { status, code, title, detail, remedy, details } = problem
    return reply
      .type('application/problem+json')
      .serializer(JSON.stringify)
      .send({
        type: `urn:tenantry:problem:${code}`,
        title,
        status,
        detail,
        code,
        remedy,
        instance: request.id,
        ...details,
      })
  }
  if (problem.status === 401 && request.method === 'GET' && !request.headers['hx-request']) {
    return reply.redirect(`/sign-in?returnTo=${encodeURIComponent(request.url)}`, 303)
  }
  const { status, title, detail, remedy, requestId } = problem
  return await reply.page(
    '/layouts/error',
    { title },
    {
      error: {
        status,
        title,
        message: detail,
        remedy,
        requestId,
        reference: request.id,
        at: new Date().toISOString(),
        actions: [{ href: '/', label: request.actor ? 'Back to the dashboard' : 'Back to the start' }],
      },
    },
  )
}
