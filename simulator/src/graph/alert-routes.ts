import type { FastifyInstance, FastifyRequest } from 'fastify'
import { changeAlert } from '../data/changes.ts'
import { type ListRules, readListOptions } from '../data/odata/list-options.ts'
import { cutPage } from '../data/odata/page.ts'
import type { AlertOfIncident } from '../data/tenant-data.ts'
import type { ApiContext } from '../world.ts'
import { alertFields, renderAlert } from './alerts.ts'
import { readAlertPatch, readComment } from './changes.ts'
import { type Entered, enter } from './enter.ts'
import {
  badRequest,
  commentsAnswer,
  includesUnknownMembers,
  listAnswer,
  notFound,
  queryOf,
  readingOptions,
  selectProperties,
} from './respond.ts'

const path = '/v1.0/security/alerts_v2'
/** Larger values are lowered without a word. */
const largestTop = 1_000
const largestSkip = 500

// Live tenants name the incident roles as acceptable too.
const readRoles = [
  'SecurityAlert.Read.All',
  'SecurityAlert.ReadWrite.All',
  'SecurityIncident.Read.All',
  'SecurityIncident.ReadWrite.All',
]
const writeRoles = ['SecurityAlert.ReadWrite.All', 'SecurityIncident.ReadWrite.All']

const alertProperties = [
  'id',
  'providerAlertId',
  'incidentId',
  'status',
  'severity',
  'classification',
  'determination',
  'serviceSource',
  'detectionSource',
  'detectorId',
  'productName',
  'tenantId',
  'title',
  'description',
  'recommendedActions',
  'category',
  'categories',
  'assignedTo',
  'alertWebUrl',
  'incidentWebUrl',
  'actorDisplayName',
  'threatDisplayName',
  'threatFamilyName',
  'mitreTechniques',
  'createdDateTime',
  'lastUpdateDateTime',
  'resolvedDateTime',
  'firstActivityDateTime',
  'lastActivityDateTime',
  'systemTags',
  'alertPolicyId',
  'investigationState',
  'additionalData',
  'customDetails',
  'comments',
  'evidence',
]

const listRules: ListRules<AlertOfIncident> = {
  filterable: alertFields,
  orderable: alertFields,
  countable: true,
  selectable: alertProperties,
  defaultTop: 100,
}

type ById = { Params: { id: string } }

/** Graph's `/security/alerts_v2`: list, get, update, comment. */
export async function alertRoutes(app: FastifyInstance, { context }: { context: ApiContext }) {
  const { world } = context

  const open = (request: FastifyRequest, roles: string[]) => enter(context, request, roles, 'alerts')

  function find(about: Entered, id: string): AlertOfIncident {
    const alert = about.data.alerts().find(one => one.id === id)
    if (!alert) throw notFound(about, `Alert with id '${id.slice(0, 100)}'`)
    return alert
  }

  function entity(about: Entered, request: FastifyRequest, id: string) {
    return {
      '@odata.context': `${context.linkOrigin('graph')}/v1.0/$metadata#security/alerts_v2/$entity`,
      ...renderAlert(find(about, id), about.data, includesUnknownMembers(request)),
    }
  }

  app.get(path, async request => {
    const about = open(request, readRoles)
    const query = queryOf(request)
    const options = readingOptions(about, () => readListOptions(query, listRules))
    if (options.skip > largestSkip) {
      throw badRequest(
        about,
        `The limit of '${largestSkip}' for Skip query has been exceeded. The value from the incoming request is '${options.skip}'.`,
      )
    }
    const page = readingOptions(about, () => cutPage(about.data.alerts(), options, { pageSize: largestTop }))
    const origin = context.linkOrigin('graph')
    const includeUnknown = includesUnknownMembers(request)
    return listAnswer({ origin, path, query }, { count: options.count, page }, alert =>
      selectProperties(renderAlert(alert, about.data, includeUnknown), options.select),
    )
  })

  app.get<ById>(`${path}/:id`, async request => {
    const about = open(request, readRoles)
    return entity(about, request, request.params.id)
  })

  app.patch<ById>(`${path}/:id`, async request => {
    const about = open(request, writeRoles)
    const alert = find(about, request.params.id)
    const patch = readAlertPatch(request.body)
    if (!patch.ok) throw badRequest(about, patch.problem)
    changeAlert(world.overlay, about.caller.tenantId, alert, {
      fields: patch.value,
      by: about.caller.appName,
      at: about.data.now,
    })
    return entity(about, request, alert.id)
  })

  app.post<ById>(`${path}/:id/comments`, async request => {
    const about = open(request, writeRoles)
    const alert = find(about, request.params.id)
    const comment = readComment(request.body)
    if (!comment.ok) throw badRequest(about, comment.problem)
    changeAlert(world.overlay, about.caller.tenantId, alert, {
      fields: {},
      comment: comment.value,
      by: about.caller.appName,
      at: about.data.now,
    })
    return commentsAnswer(context.linkOrigin('graph'), find(about, alert.id).comments)
  })
}
