import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Incident } from '../data/alert-model.ts'
import { changeIncident } from '../data/changes.ts'
import type { ListRules } from '../data/odata/list-options.ts'
import type { TenantData } from '../data/tenant-data.ts'
import { tenantDataOf } from '../data/world-data.ts'
import type { ApiContext } from '../world.ts'
import { readIncidentPatch } from './changes.ts'
import { incidentFields, renderIncident } from './incidents.ts'
import { readPage } from './list.ts'
import { fits } from './names.ts'
import { type About, badRequest, notFound } from './respond.ts'

const path = '/api/incidents'
const largestTop = 100

const readRoles = ['Incident.Read.All', 'Incident.ReadWrite.All']
const writeRoles = ['Incident.ReadWrite.All']

const listRules: ListRules<Incident> = { filterable: incidentFields, defaultTop: largestTop }

type ById = { Params: { id: string } }

/** Defender XDR's `/api/incidents`: list, get, update. */
export async function incidentRoutes(app: FastifyInstance, { context }: { context: ApiContext }) {
  const { world } = context

  function enter(request: FastifyRequest, roles: string[]): About & { data: TenantData } {
    const caller = context.authenticate(request, 'defender')
    context.requireRoles(caller, 'defender', roles)
    const data = tenantDataOf(world, caller, 'defender')
    context.throttle(caller, 'defender', 'incidents')
    return { caller, world, surface: 'defender', data }
  }

  function find(about: About & { data: TenantData }, id: string): Incident {
    const incident = /^\d{1,15}$/.test(id) ? about.data.incident(Number(id)) : undefined
    if (!incident) throw notFound(about, `Incident ${id.slice(0, 100)} was not found`)
    return incident
  }

  function entity({ caller }: About, incident: Incident) {
    return {
      '@odata.context': `${context.linkOrigin('defender', caller.tenantId)}/api/$metadata#Incidents/$entity`,
      ...renderIncident(incident),
    }
  }

  app.get(path, async request => {
    const about = enter(request, readRoles)
    const origin = context.linkOrigin('defender', about.caller.tenantId)
    const { items, link } = readPage(about, request, {
      all: about.data.incidents(),
      rules: listRules,
      largestTop,
      origin,
      path,
    })
    return {
      '@odata.context': `${origin}/api/$metadata#Incidents`,
      value: items.map(renderIncident),
      ...link,
    }
  })

  app.get<ById>(`${path}/:id`, async request => {
    const about = enter(request, readRoles)
    return entity(about, find(about, request.params.id))
  })

  app.patch<ById>(`${path}/:id`, async request => {
    const about = enter(request, writeRoles)
    const incident = find(about, request.params.id)
    const patch = readIncidentPatch(request.body)
    if (!patch) throw badRequest(about, 'InvalidRequestBody', 'Request body is incorrect')
    // A determination goes only with its classification, in one request.
    const { classification, determination } = patch.fields
    if (determination !== undefined && !(classification && fits(classification, determination))) {
      throw badRequest(about, 'InvalidInput', 'The determination does not fit the classification')
    }
    changeIncident(world.overlay, about.caller.tenantId, incident, {
      ...patch,
      by: about.caller.appName,
      at: about.data.now,
    })
    return entity(about, find(about, request.params.id))
  })
}
