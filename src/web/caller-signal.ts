import type { FastifyReply } from 'fastify'

/**
 * Aborted when the caller goes away before the answer is sent. Not
 * `request.signal`, which Fastify aborts as soon as the body of a request is
 * read.
 */
export function callerSignal(reply: FastifyReply): AbortSignal {
  const caller = new AbortController()
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) caller.abort()
  })
  return caller.signal
}
