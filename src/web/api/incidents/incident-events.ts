import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { followIncidents } from '../../../incidents/events/follow.ts'
import type { IncidentWatch } from '../../../incidents/events/watch.ts'
import type { Actor } from '../../../tenants/actor.ts'
import { requireActor } from '../../plugins/access/actors.ts'
import { eventStream, type StreamEvent } from '../../plugins/answers/event-streams.ts'
import { problem, refusals } from '../schemas.ts'

/** A reader that is slower than this loses events, and is told so. */
const mostWaiting = 1_000

/** Changes of incidents as they are stored, whichever process stores them. */
export async function incidentEventApi(
  app: FastifyInstance,
  { incidentWatch }: { incidentWatch: IncidentWatch },
): Promise<void> {
  const api = app.withTypeProvider<ZodTypeProvider>()

  api.get(
    '/incidents/events',
    {
      config: { act: 'incident.read' },
      ...eventStream,
      schema: {
        tags: ['Incidents'],
        summary: 'Follow new and changed incidents',
        description:
          'Server-sent events `{id, tenantId, kind: created|updated, updatedAt}` of what one may see, from now on; an event named `missed` says that some were lost and the list is to be loaded again.',
        response: { ...refusals, 406: problem },
      },
    },
    async (request, reply) => {
      const actor = requireActor(request)
      await reply.sendEvents((signal, begin) => eventsOf(incidentWatch, actor, signal, begin))
    },
  )
}

/** Events until the reader is gone. */
async function* eventsOf(
  watch: IncidentWatch,
  actor: Actor,
  signal: AbortSignal,
  begin: () => void,
): AsyncGenerator<StreamEvent> {
  for await (const events of followIncidents(watch, actor, { signal, begin, mostWaiting })) {
    for (const event of events) yield event === null ? { event: 'missed', data: {} } : { data: event }
  }
}
