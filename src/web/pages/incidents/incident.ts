import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Queue } from '../../../incidents/queue/queue.ts'
import { may } from '../../../tenants/permissions.ts'
import type { readProblem } from '../../errors/problem.ts'
import { requireActor } from '../../plugins/access/actors.ts'
import { evidenceOf } from './evidence.ts'
import { incidentHref } from './queue/queue.ts'
import { activityOf, commentsOf, storyOf } from './story.ts'
import type { Conflict } from './triage/conflict.ts'
import { triageOptions } from './triage/triage-form.ts'
import { classificationName, determinationName, productName, techniqueName } from './words.ts'

type ById = { Params: { id: string } }

/** What came of a change that was just sent. */
type Outcome = {
  conflict?: Conflict | null
  problem?: ReturnType<typeof readProblem>
  saved?: string
}

/** One incident, as a page and as the panel beside the queue. */
export async function incidentRoutes(app: FastifyInstance, { queue }: { queue: Queue }): Promise<void> {
  app.get<ById>('/incidents/:id', { config: { act: 'incident.read' } }, (request, reply) =>
    showIncident(request, reply, queue, request.params.id),
  )
}

export async function showIncident(
  request: FastifyRequest,
  reply: FastifyReply,
  queue: Queue,
  id: string,
  { conflict = null, problem = null, saved }: Outcome = {},
): Promise<FastifyReply> {
  const actor = requireActor(request)
  const [incident, elsewhere] = await Promise.all([queue.get(actor, id), queue.elsewhere(actor, id)])
  const canChange =
    may(actor, 'incident.write') && incident.redirectTo === null && incident.deletedAt === null
  const data = {
    incident: {
      ...incident,
      href: incidentHref(incident.id),
      products: incident.products.map(productName),
      techniques: incident.techniques.map(techniqueName),
      classificationName: classificationName(incident.classification),
      determinationName: determinationName(incident.determination),
      mergedIntoHref: incident.mergedInto === null ? null : incidentHref(incident.mergedInto),
      mergedFrom: incident.mergedFrom.map(one => ({
        label: `#${one.split(':')[1]}`,
        href: incidentHref(one),
      })),
    },
    triage: canChange ? { ...triageOptions, userName: actor.label, conflict, problem, saved } : null,
    story: storyOf(incident.alerts),
    evidence: evidenceOf(incident, elsewhere),
    activity: activityOf(incident.activity),
    comments: commentsOf(incident.comments),
    now: new Date(),
  }
  if (request.headers['x-panel']) return await reply.partial('/incidents/_panel', data)
  return await reply.header('vary', 'x-panel').page(
    '/incidents/show',
    {
      title: incident.title,
      section: 'incidents',
      breadcrumbs: [{ href: '/incidents', label: 'Incidents' }],
      scripts: ['triage-keys.js'],
    },
    data,
  )
}
