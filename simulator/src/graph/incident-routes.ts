import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Incident } from '../data/alert-model.ts'
import { changeIncident } from '../data/changes.ts'
import { type ListRules, readListOptions } from '../data/odata/list-options.ts'
import { cutPage } from '../data/odata/page.ts'
import type { ApiContext } from '../world.ts'
import { readComment, readIncidentPatch } from './changes.ts'
import { type Entered, enter } from './enter.ts'
import { incidentFields, incidentProperties, renderIncident } from './incidents.ts'
import {
  type About,
  badRequest,
  commentsAnswer,
  includesUnknownMembers,
  listAnswer,
  notFound,
  queryOf,
  readingOptions,
  selectProperties,
  unknownError,
} from './respond.ts'

const path = '/v1.0/security/incidents'
const largestTop = 50
/** Skips and next links beyond this many produce no more pages, as seen on large tenants. */
const deepestSkip = 5_000

const readRoles = ['SecurityIncident.Read.All', 'SecurityIncident.ReadWrite.All']
const writeRoles = ['SecurityIncident.ReadWrite.All']

const listRules: ListRules<Incident> = {
  filterable: incidentFields,
  orderable: incidentFields,
  expandable: ['alerts'],
  countable: true,
  selectable: [...incidentProperties, 'alerts'],
  defaultTop: largestTop,
}

type ById = { Params: { id: string } }

/** Graph's `/security/incidents`: list, get, update, comment. */
export async function incidentRoutes(app: FastifyInstance, { context }: { context: ApiContext }) {
  const { world } = context

  const open = (request: FastifyRequest, roles: string[]) => enter(context, request, roles, 'incidents')

  function find(about: Entered, id: string): Incident {
    const incident = /^\d{1,15}$/.test(id) ? about.data.incident(Number(id)) : undefined
    if (!incident) throw notFound(about, `Incident with id '${id.slice(0, 100)}'`)
    return incident
  }

  app.get(path, async request => {
    const about = open(request, readRoles)
    const query = queryOf(request)
    const options = readingOptions(about, () => readListOptions(query, listRules))
    const { askedTop } = options
    if (askedTop !== undefined && askedTop > largestTop) throw topExceeded(about, askedTop)
    const withAlerts = options.expand.includes('alerts')
    // Seen on large tenants: both together never come back.
    if (withAlerts && options.hasFilter && about.data.profile.size === 'large') throw unknownError(about, 500)

    const page = readingOptions(about, () =>
      cutPage(about.data.incidents(), options, { pageSize: largestTop, deepest: deepestSkip }),
    )
    const origin = context.linkOrigin('graph')
    const how = { includeUnknown: includesUnknownMembers(request), withAlerts }
    return listAnswer({ origin, path, query }, { count: options.count, page }, incident =>
      selectProperties(
        renderIncident(incident, about.data, how),
        options.select && [...options.select, ...options.expand],
      ),
    )
  })

  app.get<ById>(`${path}/:id`, async request => {
    const about = open(request, readRoles)
    const options = readingOptions(about, () =>
      readListOptions<Incident>(queryOf(request), { ...listRules, filterable: {}, orderable: {} }),
    )
    const incident = find(about, request.params.id)
    const how = {
      includeUnknown: includesUnknownMembers(request),
      withAlerts: options.expand.includes('alerts'),
    }
    return {
      '@odata.context': `${context.linkOrigin('graph')}/v1.0/$metadata#security/incidents/$entity`,
      ...selectProperties(
        renderIncident(incident, about.data, how),
        options.select && [...options.select, ...options.expand],
      ),
    }
  })

  app.patch<ById>(`${path}/:id`, async request => {
    const about = open(request, writeRoles)
    const incident = find(about, request.params.id)
    const patch = readIncidentPatch(request.body)
    if (!patch.ok) throw badRequest(about, patch.problem)
    changeIncident(world.overlay, about.caller.tenantId, incident, {
      fields: patch.value,
      by: about.caller.appName,
      at: about.data.now,
    })
    const how = { includeUnknown: includesUnknownMembers(request), withAlerts: false }
    return {
      '@odata.context': `${context.linkOrigin('graph')}/v1.0/$metadata#security/incidents/$entity`,
      ...renderIncident(find(about, request.params.id), about.data, how),
    }
  })

  app.post<ById>(`${path}/:id/comments`, async request => {
    const about = open(request, writeRoles)
    const incident = find(about, request.params.id)
    const comment = readComment(request.body)
    if (!comment.ok) throw badRequest(about, comment.problem)
    changeIncident(world.overlay, about.caller.tenantId, incident, {
      fields: {},
      comment: comment.value,
      by: about.caller.appName,
      at: about.data.now,
    })
    return commentsAnswer(context.linkOrigin('graph'), find(about, request.params.id).comments)
  })
}

/** The very body that a live tenant answered: the code is empty. */
function topExceeded(about: About, asked: number) {
  const message =
    'The query specified in the URI is not valid. ' +
    `The limit of '${largestTop}' for Top query has been exceeded. The value from the incoming request is '${asked}'.`
  return badRequest(about, message, { code: '', extra: { details: [] } })
}
