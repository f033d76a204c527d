import { fastifySSE } from '@fastify/sse'
import type { FastifyInstance, FastifyReply } from 'fastify'
import plugin from 'fastify-plugin'
import { AppError } from '../../../errors.ts'

/** `data` as the route's serializer takes it: anything for JSON, a string for HTML. */
export type StreamEvent = { event?: string; data: unknown }

declare module 'fastify' {
  interface FastifyReply {
    /**
     * Sends events until they end, the reader is gone, the right to read them ends, or this process does.
     *
     * @param events asked for once; its signal ends it early, without an error. Calling `begin` sends the headers at
     *   once, when nothing is missed from then on; else they go out with the first event.
     * @throws AppError `not_acceptable` when the reader takes no event stream; what `beginLongAnswer` throws
     */
    sendEvents(events: (signal: AbortSignal, begin: () => void) => AsyncIterable<StreamEvent>): Promise<void>
  }
}

/** Options of a route that answers by `reply.sendEvents`. A HEAD would wait for its end. */
export const eventStream = { sse: 'manual', exposeHeadRoute: false } as const

/** The same, with HTML as data. */
export const htmlEventStream = {
  sse: { kind: 'manual', serializer: String },
  exposeHeadRoute: false,
} as const

/** Server-sent events: who takes them, how long they go on, and how they end. */
export const eventStreams = plugin(
  async (app: FastifyInstance) => {
    await app.register(fastifySSE)
    const stopping = new AbortController()
    app.addHook('preClose', async () => stopping.abort())

    app.decorateReply('sendEvents', async function (this: FastifyReply, events) {
      if (!acceptsEvents(this.request.headers.accept)) {
        throw new AppError('not_acceptable', 'this address answers with "text/event-stream" only', {
          remedy: 'Send "Accept: text/event-stream".',
        })
      }
      const signal = AbortSignal.any([this.beginLongAnswer(), stopping.signal])
      const ended = new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()))
      const begin = (): void => {
        this.sse.sendHeaders()
        // Node keeps headers back for the first bytes of a body, which may be half a minute away.
        this.raw.flushHeaders()
      }
      for await (const event of events(signal, begin)) {
        if (signal.aborted) return
        // A reader that takes nothing in must not keep the stream beyond its end.
        await Promise.race([this.sse.send(event), ended])
        if (signal.aborted) return
      }
    })
  },
  { name: 'event-streams', dependencies: ['long-answers'] },
)

/**
 * Whether an Accept header admits an event stream: the most specific range
 * that fits decides.
 *
 * @see RFC 9110, section 12.5.1
 */
export function acceptsEvents(accept = ''): boolean {
  const ranges = accept.split(',').flatMap(part => {
    const [range = '', ...parameters] = part.split(';').map(text => text.trim().toLowerCase())
    const weight = parameters.find(parameter => /^q\s*=/.test(parameter))?.split('=')[1]
    return range ? [{ range, isRefused: weight !== undefined && Number(weight) === 0 }] : []
  })
  if (ranges.length === 0) return true
  const fitting = ['text/event-stream', 'text/*', '*/*'].map(wanted =>
    ranges.find(one => one.range === wanted),
  )
  return fitting.find(found => found !== undefined)?.isRefused === false
}
