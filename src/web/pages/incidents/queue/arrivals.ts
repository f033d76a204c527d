import type { FastifyInstance } from 'fastify'
import { followIncidents } from '../../../../incidents/events/follow.ts'
import type { IncidentEvent, IncidentWatch } from '../../../../incidents/events/watch.ts'
import type { Actor } from '../../../../tenants/actor.ts'
import { requireActor } from '../../../plugins/access/actors.ts'
import { eventStream, type StreamEvent } from '../../../plugins/answers/event-streams.ts'

/** Changes of a second are told at once: a first run brings thousands. */
const gapMs = 1_000

/** Tells the queue's page how many incidents are new or changed; the page decides when to show them. */
export async function incidentArrivalRoutes(
  app: FastifyInstance,
  { incidentWatch }: { incidentWatch: IncidentWatch },
): Promise<void> {
  app.get(
    '/incidents/arrivals',
    { config: { act: 'incident.read' }, ...eventStream, logLevel: 'warn' },
    async (request, reply) => {
      const actor = requireActor(request)
      await reply.sendEvents((signal, begin) => arrivals(incidentWatch, actor, signal, begin))
    },
  )
}

/** `{created, updated}` since the last event, of different incidents. */
async function* arrivals(
  watch: IncidentWatch,
  actor: Actor,
  signal: AbortSignal,
  begin: () => void,
): AsyncGenerator<StreamEvent> {
  for await (const events of followIncidents(watch, actor, { signal, begin, gapMs })) {
    const kinds = new Map<string, IncidentEvent['kind']>()
    for (const event of events) {
      // After a gap in what was heard nobody knows what changed: something did.
      const id = event?.id ?? ''
      if (kinds.get(id) !== 'created') kinds.set(id, event?.kind ?? 'updated')
    }
    const created = [...kinds.values()].filter(kind => kind === 'created').length
    yield { data: { created, updated: kinds.size - created } }
  }
}
