import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import {
  actionAt,
  isOffline,
  listActions,
  type MachineAction,
  type StoredAction,
} from '../data/machine-actions.ts'
import type { ListRules } from '../data/odata/list-options.ts'
import { makeRandom, seedOf } from '../data/random.ts'
import { formatTicks } from '../data/ticks.ts'
import { readPage } from '../defender/list.ts'
import { badRequest, notFound } from '../defender/respond.ts'
import { demoRegistration } from '../registration.ts'
import type { ActionFailure } from '../world.ts'
import { type ActionKind, actionKinds, obstacle } from './action-kinds.ts'
import { actionFields, renderAction } from './actions.ts'
import { type EndpointRoutes, type Entered, enter } from './enter.ts'
import { machineReadRoles, needMachine } from './machine-routes.ts'
import type { Machine } from './machines.ts'

const largestTop = 10_000

const listRules: ListRules<MachineAction> = { filterable: actionFields, defaultTop: largestTop }
const cancelBody = z.object({ Comment: z.string().min(1).max(4_000) })
const investigationBody = z.object({ Comment: z.string().min(1).max(4_000) })

type ById = { Params: { id: string } }

/** `/api/machineactions`, and the paths under a machine that ask for an action. */
export async function actionRoutes(app: FastifyInstance, { context, base }: EndpointRoutes) {
  const { world } = context
  const originOf = ({ caller }: Entered) => context.linkOrigin('endpoint', caller.tenantId)
  const actionContext = (about: Entered, suffix = '') =>
    `${originOf(about)}/api/$metadata#MachineActions${suffix}`
  const entity = (about: Entered, action: MachineAction) => ({
    '@odata.context': actionContext(about, '/$entity'),
    ...renderAction(action),
  })
  const open = (request: FastifyRequest, roles: string[], destination: string) =>
    enter(context, request, roles, 'devices', destination)

  function find(about: Entered, id: string): MachineAction {
    const stored = world.overlay.get<StoredAction>(about.caller.tenantId, 'machine-action', id.toLowerCase())
    if (!stored) throw notFound(about, `Machine action ${id.slice(0, 100)} was not found`)
    return actionAt(stored, about.data.now)
  }

  app.get(`${base}/machineactions`, async request => {
    const about = open(request, machineReadRoles, 'GET machineactions')
    const { items, link } = readPage(about, request, {
      all: listActions(world.overlay, about.caller.tenantId, about.data.now),
      rules: listRules,
      largestTop,
      origin: originOf(about),
      path: `${base}/machineactions`,
    })
    return { '@odata.context': actionContext(about), value: items.map(renderAction), ...link }
  })

  app.get<ById>(`${base}/machineactions/:id`, async request => {
    const about = open(request, machineReadRoles, 'GET machineaction')
    return entity(about, find(about, request.params.id))
  })

  app.post<ById>(`${base}/machineactions/:id/cancel`, async request => {
    const every = [...new Set(actionKinds.map(kind => kind.role))]
    const about = open(request, every, 'POST cancel')
    const action = find(about, request.params.id)
    const role = actionKinds.find(kind => kind.type === action.type)?.role
    if (role) context.requireRoles(about.caller, 'endpoint', [role])
    const body = cancelBody.safeParse(request.body)
    if (!body.success) throw commentMissing(about)
    if (action.status !== 'Pending' && action.status !== 'InProgress') {
      throw badRequest(about, 'BadRequest', `The action cannot be cancelled: it is ${action.status}`)
    }
    const { status: _status, createdAt: _created, updatedAt: _updated, ...stored } = action
    const cancelled = { at: String(about.data.now), by: requestor(about), comment: body.data.Comment }
    const changed: StoredAction = { ...stored, cancelled }
    world.overlay.set(about.caller.tenantId, 'machine-action', action.id, changed)
    return entity(about, actionAt(changed, about.data.now))
  })

  app.get<ById>(`${base}/machineactions/:id/getPackageUri`, async request => {
    const about = enter(context, request, ['Machine.CollectForensics'], 'package-uri', 'GET getPackageUri')
    const action = find(about, request.params.id)
    if (action.type !== 'CollectInvestigationPackage' || action.status !== 'Succeeded') {
      throw notFound(about, `The package of machine action ${action.id} was not found`)
    }
    const signature = createHash('sha256').update(`${action.id} ${about.data.now}`).digest('hex')
    const expires = formatTicks(about.data.now + 36_000_000_000n)
    const uri = `https://packages.endpoint.example/${action.machineId}/${action.id}.zip?se=${expires}&sig=${signature}`
    // As documented: the string holds quotation marks of its own.
    return {
      '@odata.context': `${originOf(about)}/api/$metadata#Edm.String`,
      value: `"${uri}"`,
    }
  })

  for (const kind of actionKinds) {
    app.post<ById>(`${base}/machines/:id/${kind.path}`, async (request, reply) => {
      const about = open(request, [kind.role], `POST ${kind.path}`)
      const machine = needMachine(about, request.params.id)
      const action = order(about, kind, machine, request.body, () =>
        context.takeActionFailure(about.caller.tenantId),
      )
      return reply.code(kind.status).send(entity(about, action))
    })
  }

  app.post<ById>(`${base}/machines/:id/startInvestigation`, async (request, reply) => {
    const about = enter(context, request, ['Alert.ReadWrite.All'], 'investigation', 'POST startInvestigation')
    const machine = needMachine(about, request.params.id)
    if (!investigationBody.safeParse(request.body).success) throw commentMissing(about)
    return reply.code(201).send({
      '@odata.context': `${originOf(about)}/api/$metadata#Investigations/$entity`,
      id: String(seedOf(machine.id, String(about.data.now)) % 100_000),
      startTime: formatTicks(about.data.now),
      endTime: null,
      state: 'Queued',
      cancelledBy: null,
      statusDetails: null,
      machineId: machine.id,
      computerDnsName: machine.dnsName,
      triggeringAlertId: null,
    })
  })
}

/** Checks what was asked and writes the action down: it is pending from now on. */
function order(
  about: Entered,
  kind: ActionKind,
  machine: Machine,
  requestBody: unknown,
  takeFailure: () => ActionFailure | undefined,
): MachineAction {
  const { world, caller, data } = about
  const body = kind.body.safeParse(requestBody)
  if (!body.success) {
    const isComment = body.error.issues.some(issue => issue.path[0] === 'Comment' || issue.path.length === 0)
    throw isComment
      ? commentMissing(about)
      : badRequest(about, 'InvalidRequestBody', 'Request body is incorrect')
  }
  const wrong = obstacle(kind, machine, body.data.IsolationType)
  if (wrong) throw badRequest(about, 'OsPlatformNotSupported', wrong)

  const rivals = actionKinds.filter(one => one.group === kind.group).map(one => one.type)
  const underWay = listActions(world.overlay, caller.tenantId, data.now).find(
    action =>
      action.machineId === machine.id &&
      rivals.includes(action.type) &&
      (action.status === 'Pending' || action.status === 'InProgress'),
  )
  if (underWay) throw badRequest(about, 'BadRequest', 'Action is already in progress')

  const count = [...world.overlay.entries(caller.tenantId, 'machine-action')].length
  const failure = takeFailure()
  const stored: StoredAction = {
    id: makeRandom(seedOf(caller.tenantId, machine.id, kind.type, String(data.now), count)).guid(),
    type: kind.type,
    requestor: requestor(about),
    comment: body.data.Comment,
    machineId: machine.id,
    dnsName: machine.dnsName,
    scope: body.data.IsolationType ?? body.data.ScanType ?? null,
    sha1: body.data.Sha1 ?? null,
    created: String(data.now),
    isOffline: isOffline(machine),
    ...(failure && { failure }),
  }
  world.overlay.set(caller.tenantId, 'machine-action', stored.id, stored)
  return actionAt(stored, data.now)
}

function commentMissing(about: Entered) {
  return badRequest(about, 'MissingRequiredParameter', 'The required parameter Comment is missing')
}

/** Who asked: for an app, its display name and the domain it comes from. */
function requestor(about: Entered): string {
  return `${about.caller.appName} (${demoRegistration.partnerDomain})`
}
