import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { AppError } from '../../../../errors.ts'
import type { IncidentService } from '../../../../incidents/incidents.ts'
import type { IncidentView } from '../../../../incidents/model.ts'
import type { Queue } from '../../../../incidents/queue/queue.ts'
import type { IncidentChange } from '../../../../microsoft/defender/index.ts'
import { readProblem } from '../../../errors/problem.ts'
import { requireActor } from '../../../plugins/access/actors.ts'
import { readInput } from '../../../read-input.ts'
import { showIncident } from '../incident.ts'
import { incidentHref } from '../queue/queue.ts'
import { bulkResults, readUndo } from './bulk-results.ts'
import { type Conflict, conflictOf } from './conflict.ts'
import { readTriageForm, toChange } from './triage-form.ts'

type ById = { Params: { id: string } }
type TriageOptions = { queue: Queue; incidents: IncidentService }

/** The version that the form was filled in on. */
const seen = z.object({ updatedAt: z.iso.datetime() })

const bulk = z.object({
  id: z.preprocess(
    value => (value === undefined ? [] : [value].flat()),
    z
      .array(z.string().max(100))
      .min(1, 'Select at least one incident')
      .max(200, 'Select at most 200 incidents'),
  ),
})

/** Changes of incidents from the console: one with its conflict shown, or many at once. */
export async function triageRoutes(app: FastifyInstance, { queue, incidents }: TriageOptions): Promise<void> {
  app.post<ById>('/incidents/:id/changes', { config: { act: 'incident.write' } }, async (request, reply) => {
    const actor = requireActor(request)
    const { id } = request.params
    const { updatedAt } = readInput(seen, request.body)
    const form = readTriageForm(request.body)
    const now = await queue.get(actor, id)
    const change = toChange(form, actor.label, now)
    try {
      if (Object.keys(change).length > 0) await incidents.change(actor, id, change, updatedAt)
    } catch (error) {
      return await showRefusal(request, reply, error, id, change)
    }
    return await done(
      request,
      reply,
      id,
      Object.keys(change).length > 0 ? 'Saved at Microsoft.' : 'Nothing was changed.',
    )
  })

  app.post('/incidents/changes', { config: { act: 'incident.write' } }, async (request, reply) => {
    const actor = requireActor(request)
    const { id: ids } = readInput(bulk, request.body)
    const form = readTriageForm(request.body)
    const change = toChange(form, actor.label)
    if (Object.keys(change).length === 0 && !form.addTag) {
      throw new AppError('invalid', 'nothing is to be changed', {
        remedy: 'Choose a status, an assignee or a comment.',
      })
    }
    const results = await changeAll(actor, ids, change, form.addTag)
    return await reply.page(
      '/incidents/changed',
      { title: 'Changes', section: 'incidents', breadcrumbs },
      await bulkResults(queue, actor, results),
    )
  })

  app.post('/incidents/undo', { config: { act: 'incident.write' } }, async (request, reply) => {
    const actor = requireActor(request)
    const undone = await Promise.all(
      readUndo(request.body).map(({ id, change }) => incidents.changeMany(actor, [id], change)),
    )
    return await reply.page(
      '/incidents/changed',
      { title: 'Undone', section: 'incidents', breadcrumbs },
      await bulkResults(queue, actor, undone.flat(), { isUndo: true }),
    )
  })

  /** A tag is added to those that each has; everything else is the same change for all. */
  async function changeAll(
    actor: ReturnType<typeof requireActor>,
    ids: string[],
    change: IncidentChange,
    tag: string | undefined,
  ) {
    if (!tag) return incidents.changeMany(actor, ids, change)
    const results = await Promise.all(
      ids.map(async id => {
        const own = await queue.get(actor, id).catch(() => null)
        const tags = own ? [...new Set([...own.tags, tag])] : [tag]
        return incidents.changeMany(actor, [id], { ...change, tags })
      }),
    )
    return results.flat()
  }

  /** The incident as it is now, with what stood against the change. */
  async function showRefusal(
    request: FastifyRequest,
    reply: FastifyReply,
    error: unknown,
    id: string,
    change: IncidentChange,
  ): Promise<FastifyReply> {
    const problem = readProblem(error)
    if (!problem || (error instanceof AppError && ['forbidden', 'not_found'].includes(error.code)))
      throw error
    const current =
      error instanceof AppError ? (error.details.current as IncidentView | undefined) : undefined
    const conflict: Conflict | null = current ? conflictOf(change, current) : null
    // htmx shows refusals only with a status of success.
    if (!isPanel(request)) reply.code(problem.status)
    return await showIncident(request, reply, queue, id, { conflict, problem: conflict ? null : problem })
  }

  async function done(
    request: FastifyRequest,
    reply: FastifyReply,
    id: string,
    text: string,
  ): Promise<FastifyReply> {
    if (isPanel(request)) return await showIncident(request, reply, queue, id, { saved: text })
    request.session.flash = { kind: 'success', text }
    return reply.redirect(incidentHref(id), 303)
  }
}

const breadcrumbs = [{ href: '/incidents', label: 'Incidents' }]

function isPanel(request: FastifyRequest): boolean {
  return request.headers['x-panel'] !== undefined
}
