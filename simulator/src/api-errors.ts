import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { requestIdOf } from './api-context.ts'
import { serviceOf } from './control/classify.ts'
import { ApiRefusal, refuse } from './refusal.ts'

function codeOf(status: number): string {
  if (status === 404) return 'ResourceNotFound'
  if (status >= 500) return 'InternalServerError'
  return 'BadRequest'
}

function shaped(request: FastifyRequest, status: number, message: string, now: Date): ApiRefusal {
  const [path = ''] = request.url.split('?')
  const service = serviceOf(path)
  if (service === undefined || service === 'login') return new ApiRefusal(status, { error: message })
  return refuse(service, { status, code: codeOf(status), message, requestId: requestIdOf(request), now })
}

/**
 * Error handling for the whole server: refusals as they are, what Fastify itself
 * refuses in the shape of the API asked, and anything else as a 500 that is logged.
 */
export function apiErrorHandler(now: () => Date) {
  return (error: FastifyError | ApiRefusal, request: FastifyRequest, reply: FastifyReply) => {
    if (error instanceof ApiRefusal) return reply.code(error.status).headers(error.headers).send(error.body)
    const status = error.statusCode ?? 500
    // A caller that gave up on a slow answer is no failure of ours.
    const isHungUp = error.code === 'ERR_STREAM_PREMATURE_CLOSE'
    if (status >= 500 && !isHungUp)
      console.error(`The simulator failed at ${request.method} ${request.url}:`, error)
    const refusal = shaped(
      request,
      status,
      status >= 500 ? 'An internal error occurred.' : error.message,
      now(),
    )
    return reply.code(status).send(refusal.body)
  }
}

/** Answers paths that nothing serves, in the shape of the API asked. */
export function notFoundHandler(now: () => Date) {
  return (request: FastifyRequest, reply: FastifyReply) => {
    const [path = ''] = request.url.split('?')
    return reply
      .code(404)
      .send(shaped(request, 404, `Resource not found for the path '${path}'.`, now()).body)
  }
}
