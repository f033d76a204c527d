import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { AlertStatus } from '../data/alert-model.ts'
import { type ChangeRequest, changeAlert } from '../data/changes.ts'
import { alertStatuses, classifications, memberOf } from '../data/members.ts'
import type { ListRules } from '../data/odata/list-options.ts'
import type { AlertOfIncident } from '../data/tenant-data.ts'
import { enumValue } from '../defender/changes.ts'
import { readPage } from '../defender/list.ts'
import { readAlertDetermination } from '../defender/names.ts'
import { badRequest, notFound } from '../defender/respond.ts'
import { alertFields, listAlerts, renderAlert } from './alerts.ts'
import { type EndpointRoutes, type Entered, enter } from './enter.ts'

const largestTop = 10_000

const readRoles = ['Alert.Read.All', 'Alert.ReadWrite.All']
const writeRoles = ['Alert.ReadWrite.All']

const listRules: ListRules<AlertOfIncident> = {
  filterable: alertFields,
  expandable: ['evidence'],
  defaultTop: largestTop,
}

const changeFields = {
  status: enumValue(text => memberOf(alertStatuses, text)).optional(),
  assignedTo: z.string().max(200).nullable().optional(),
  classification: enumValue(text => memberOf(classifications, text)).optional(),
  determination: enumValue(readAlertDetermination).optional(),
  comment: z.string().min(1).max(30_000).optional(),
}
const alertPatch = z.strictObject(changeFields)
const batchUpdate = z.strictObject({ alertIds: z.array(z.string()).min(1).max(1_000), ...changeFields })

type ById = { Params: { id: string } }

/** `/api/alerts`: list, get, update, update many. */
export async function alertRoutes(app: FastifyInstance, { context, base }: EndpointRoutes) {
  const originOf = ({ caller }: Entered) => context.linkOrigin('endpoint', caller.tenantId)
  const open = (request: FastifyRequest, roles: string[], destination: string) =>
    enter(context, request, roles, 'alerts', destination)

  function find(about: Entered, id: string): AlertOfIncident {
    const alert = listAlerts(about.data).find(one => one.id === id)
    if (!alert) throw notFound(about, `Alert ${id.slice(0, 100)} was not found`)
    return alert
  }

  function entity(about: Entered, id: string) {
    return {
      '@odata.context': `${originOf(about)}/api/$metadata#Alerts/$entity`,
      ...renderAlert(find(about, id), about.data, true),
    }
  }

  function change(about: Entered, alert: AlertOfIncident, patch: z.infer<typeof alertPatch>): void {
    const { comment, ...fields } = patch
    const request: ChangeRequest<AlertStatus> = {
      fields: fields as ChangeRequest<AlertStatus>['fields'],
      by: about.caller.appName,
      at: about.data.now,
    }
    if (comment !== undefined) request.comment = comment
    changeAlert(about.world.overlay, about.caller.tenantId, alert, request)
  }

  app.get(`${base}/alerts`, async request => {
    const about = open(request, readRoles, 'GET alerts')
    const { items, options, link } = readPage(about, request, {
      all: listAlerts(about.data),
      rules: listRules,
      largestTop,
      origin: originOf(about),
      path: `${base}/alerts`,
    })
    const withEvidence = options.expand.includes('evidence')
    return {
      '@odata.context': `${originOf(about)}/api/$metadata#Alerts`,
      value: items.map(alert => renderAlert(alert, about.data, withEvidence)),
      ...link,
    }
  })

  app.get<ById>(`${base}/alerts/:id`, async request => {
    const about = open(request, readRoles, 'GET alert')
    return entity(about, request.params.id)
  })

  app.patch<ById>(`${base}/alerts/:id`, async request => {
    const about = open(request, writeRoles, 'PATCH alert')
    const alert = find(about, request.params.id)
    const patch = alertPatch.safeParse(request.body)
    if (!patch.success || Object.keys(patch.data).length === 0) {
      throw badRequest(about, 'InvalidRequestBody', 'Request body is incorrect')
    }
    change(about, alert, patch.data)
    return entity(about, alert.id)
  })

  app.post(`${base}/alerts/batchUpdate`, async (request, reply) => {
    const about = enter(context, request, writeRoles, 'batch-update', 'POST batchUpdate')
    const body = batchUpdate.safeParse(request.body)
    if (!body.success) throw badRequest(about, 'InvalidRequestBody', 'Request body is incorrect')
    const { alertIds, ...patch } = body.data
    const alerts = alertIds.map(id => find(about, id))
    for (const alert of alerts) change(about, alert, patch)
    return reply.code(200).send()
  })
}
