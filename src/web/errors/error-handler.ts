import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import plugin from 'fastify-plugin'
import type { ApprovalView } from '../../approvals/model.ts'
import { ownFailure } from '../../errors.ts'
import { type Problem, readProblem } from './problem.ts'

type Answer = (problem: Problem, request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>

/** Failures and unknown addresses as pages, for the routes of the scope that it is registered in. */
export const problemPages = plugin(async app => answerWith(app, sendPage), { name: 'problem-pages' })

/** The same as problem documents, for programs. */
export const problemDocuments = plugin(async app => answerWith(app, sendDocument), {
  name: 'problem-documents',
})

/** For routes that belong to neither: health, metrics, files. */
export const plainProblems = plugin(async app => failWith(app, sendDocument), { name: 'plain-problems' })

function answerWith(app: FastifyInstance, answer: Answer): void {
  failWith(app, answer)
  app.setNotFoundHandler((request, reply) => answer(nothingThere, request, reply))
}

/** Bugs are logged whole and shown by number only. */
function failWith(app: FastifyInstance, answer: Answer): void {
  app.setErrorHandler((error, request, reply) => {
    const problem = readProblem(error) ?? bug(error, request)
    if (problem.failure.code === 'database_unavailable')
      request.log.warn({ err: error }, 'a request met a database that is not available')
    return answer(problem, request, reply)
  })
}

const nothingThere: Problem = {
  status: 404,
  title: 'Not found',
  failure: ownFailure({
    code: 'not_found',
    message: 'There is nothing at this address.',
    remedy: 'Check the address, or go back to the dashboard.',
  }),
  details: {},
}

const unreadableAddress: Omit<Problem, 'status'> = {
  title: 'The address cannot be read',
  failure: ownFailure({
    code: 'invalid',
    message: 'The address is too long, or not encoded as addresses are.',
    remedy: 'Encode each part of it as UTF-8 with percent signs, as encodeURIComponent does.',
  }),
  details: {},
}

function bug(error: unknown, request: FastifyRequest): Problem {
  request.log.error({ err: error }, 'unexpected error')
  return {
    status: 500,
    title: 'Something broke on our side',
    failure: ownFailure({
      code: 'internal',
      message: `This was not expected. The log names the cause under the reference ${request.id}.`,
      remedy: 'Try again; if it happens again, give the reference to whoever runs this installation.',
    }),
    details: {},
  }
}

function begin({ status, failure }: Problem, reply: FastifyReply): void {
  reply.code(status)
  if (failure.retryAfterSeconds !== null) reply.header('retry-after', Math.ceil(failure.retryAfterSeconds))
}

async function sendDocument(problem: Problem, request: FastifyRequest, reply: FastifyReply) {
  begin(problem, reply)
  const { approval } = problem.details as { approval?: ApprovalView }
  if (problem.failure.code === 'approval_required' && approval) {
    reply.header('location', `/api/v1/approvals/${approval.id}`)
    return reply.type('application/json').serializer(JSON.stringify).send(approval)
  }
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="Tenantry"')
  return reply
    .type('application/problem+json')
    .serializer(JSON.stringify)
    .send(problemDocument(problem, request.id))
}

async function sendPage(problem: Problem, request: FastifyRequest, reply: FastifyReply) {
  begin(problem, reply)
  const { status, title, failure } = problem
  if (failure.code === 'approval_required') {
    request.session.flash = { kind: 'info', text: `${failure.message} ${failure.remedy}` }
    if (request.headers['hx-request']) return reply.code(204).header('hx-redirect', '/approvals').send()
    return reply.redirect('/approvals', 303)
  }
  if (status === 401 && request.method === 'GET' && !request.headers['hx-request']) {
    return reply.redirect(`/sign-in?returnTo=${encodeURIComponent(request.url)}`, 303)
  }
  // A page that was only looked at comes back by itself; what was sent is not sent again.
  if (
    failure.code === 'database_unavailable' &&
    request.method === 'GET' &&
    failure.retryAfterSeconds !== null
  )
    reply.header('refresh', failure.retryAfterSeconds)
  // A part of a page that stands already: the failure takes its place, not a whole page inside it.
  if (request.headers['hx-request'] && status !== 401)
    return await reply.partial('/partials/_failure', { failure: { ...failure, title } })
  return await reply.page(
    '/layouts/error',
    { title },
    {
      error: {
        status,
        title,
        failure,
        reference: request.id,
        actions: [{ href: '/', label: request.actor ? 'Back to the dashboard' : 'Back to the start' }],
      },
    },
  )
}

/**
 * A problem as the JSON API tells it. What only a service can say is left out
 * where nobody was asked.
 *
 * @see RFC 9457
 */
function problemDocument({ status, title, failure, details }: Problem, instance: string) {
  const { code, message, remedy, service, serviceCode, requestId, permanent, whoseMove } = failure
  return {
    type: `urn:tenantry:problem:${code}`,
    title,
    status,
    detail: message,
    code,
    remedy: remedy === '' ? null : remedy,
    instance,
    ...(service === null ? {} : { service, serviceCode, requestId, permanent, whoseMove }),
    ...details,
  }
}

/** For addresses that the router cannot read: they belong to no route, so nothing else has a say. */
export function refuseAddress(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  reply
    .code(error.statusCode ?? 400)
    .headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
  if (/^\/api(?:[/?]|$)/.test(request.url)) {
    const problem = { ...unreadableAddress, status: error.statusCode ?? 400 }
    const document = JSON.stringify(problemDocument(problem, request.id))
    reply.type('application/problem+json').serializer(String).send(document)
    return
  }
  reply.type('text/plain; charset=utf-8').send('This address cannot be read.')
}
