import { isIP } from 'node:net'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { type ListRules, readListOptions } from '../data/odata/list-options.ts'
import { formatTicksShort, parseTicks, ticksPerDay, ticksPerSecond } from '../data/ticks.ts'
import { readPage } from '../defender/list.ts'
import { badRequest, notFound, readingOptions } from '../defender/respond.ts'
import { queryOf } from '../graph/respond.ts'
import { alertFields, alertsOfMachine, renderAlert } from './alerts.ts'
import { type EndpointRoutes, type Entered, enter } from './enter.ts'
import { findMachine, listMachines, type Machine, machineFields, renderMachine } from './machines.ts'

const largestTop = 10_000

export const machineReadRoles = ['Machine.Read.All', 'Machine.ReadWrite.All']

const listRules: ListRules<Machine> = { filterable: machineFields, defaultTop: largestTop }

const tagChange = z.strictObject({
  Value: z.string().min(1).max(200),
  Action: z.enum(['Add', 'Remove']),
})

type ById = { Params: { id: string } }

/** The machine of a path; 404 names what was asked for. */
export function needMachine(about: Entered, idOrName: string): Machine {
  const machine = findMachine(about.data, idOrName)
  if (!machine) throw notFound(about, `Machine ${idOrName.slice(0, 200)} was not found`)
  return machine
}

/** `/api/machines`: list, get, logged-on users, alerts, by address, tags. */
export async function machineRoutes(app: FastifyInstance, { context, base }: EndpointRoutes) {
  const originOf = ({ caller }: Entered) => context.linkOrigin('endpoint', caller.tenantId)
  const machineContext = (about: Entered, suffix = '') => `${originOf(about)}/api/$metadata#Machines${suffix}`
  const open = (request: FastifyRequest, roles: string[], destination: string) =>
    enter(context, request, roles, 'devices', destination)

  app.get(`${base}/machines`, async request => {
    const about = open(request, machineReadRoles, 'GET machines')
    const { items, link } = readPage(about, request, {
      all: listMachines(about.data),
      rules: listRules,
      largestTop,
      origin: originOf(about),
      path: `${base}/machines`,
    })
    // The page of the API says so: a list of nothing is not found.
    if (items.length === 0) throw notFound(about, 'No machines were found')
    return { '@odata.context': machineContext(about), value: items.map(renderMachine), ...link }
  })

  app.get<ById>(`${base}/machines/:id`, async request => {
    const about = open(request, machineReadRoles, 'GET machine')
    const { id } = request.params
    const byAddress = /^findbyip\((.*)\)$/i.exec(id)
    if (byAddress) {
      return {
        '@odata.context': machineContext(about),
        value: findByAddress(about, byAddress[1] ?? '').map(renderMachine),
      }
    }
    return { '@odata.context': machineContext(about, '/$entity'), ...renderMachine(needMachine(about, id)) }
  })

  app.get<ById>(`${base}/machines/:id/logonusers`, async request => {
    const about = open(request, ['User.Read.All'], 'GET logonusers')
    const machine = needMachine(about, request.params.id)
    const { owner } = machine
    return {
      '@odata.context': `${originOf(about)}/api/$metadata#Users`,
      value: [
        {
          id: `${owner.domain.toLowerCase()}\\${owner.name}`,
          accountName: owner.name,
          accountDomain: owner.domain,
          accountSid: owner.sid,
          firstSeen: formatTicksShort(machine.firstSeen),
          lastSeen: formatTicksShort(machine.lastSeen),
          mostPrevalentMachineId: null,
          leastPrevalentMachineId: null,
          logonTypes: machine.isServer ? 'RemoteInteractive' : 'Interactive',
          logOnMachinesCount: 1,
          isDomainAdmin: owner.isAdmin,
          isOnlyNetworkUser: false,
        },
      ],
    }
  })

  app.get<ById>(`${base}/machines/:id/alerts`, async request => {
    const about = open(request, ['Alert.Read.All', 'Alert.ReadWrite.All'], 'GET machine alerts')
    const machine = needMachine(about, request.params.id)
    const alerts = alertsOfMachine(about.data, machine.id)
    return {
      '@odata.context': `${originOf(about)}/api/$metadata#Alerts`,
      value: alerts.map(alert => renderAlert(alert, about.data, true)),
    }
  })

  app.get<ById>(`${base}/machines/:id/alerts/$count`, async (request, reply) => {
    const about = open(request, ['Alert.Read.All', 'Alert.ReadWrite.All'], 'GET machine alerts count')
    const machine = needMachine(about, request.params.id)
    const options = readingOptions(about, () =>
      readListOptions(queryOf(request), { filterable: alertFields, defaultTop: largestTop }),
    )
    const alerts = alertsOfMachine(about.data, machine.id)
    const count = options.filter ? alerts.filter(options.filter).length : alerts.length
    return reply.type('text/plain').send(String(count))
  })

  app.post<ById>(`${base}/machines/:id/tags`, async request => {
    const about = open(request, ['Machine.ReadWrite.All'], 'POST tags')
    const machine = needMachine(about, request.params.id)
    const body = tagChange.safeParse(request.body)
    if (!body.success) throw badRequest(about, 'InvalidRequestBody', 'Request body is incorrect')
    const { Value: tag, Action: action } = body.data
    const others = machine.allTags.filter(one => one !== tag)
    about.world.overlay.set(
      about.caller.tenantId,
      'machine-tag',
      machine.id,
      action === 'Add' ? [...others, tag] : others,
    )
    return {
      '@odata.context': machineContext(about, '/$entity'),
      ...renderMachine(needMachine(about, machine.id)),
    }
  })
}

/** Machines that had an address within 15 minutes of a time, which must lie in the last 30 days. */
function findByAddress(about: Entered, argumentText: string): Machine[] {
  const match = /^\s*ip='([^']*)'\s*,\s*timestamp=([^,\s]+)\s*$/i.exec(argumentText)
  const address = match?.[1] ?? ''
  const at = parseTicks(match?.[2] ?? '')
  if (isIP(address) === 0)
    throw badRequest(about, 'InvalidIpAddress', `'${address.slice(0, 100)}' is no IP address`)
  if (at === undefined || at < about.data.now - 30n * ticksPerDay) {
    throw badRequest(about, 'InvalidInput', 'The timestamp must be within the last 30 days')
  }
  const quarter = 900n * ticksPerSecond
  return listMachines(about.data).filter(
    machine =>
      (machine.ip === address || machine.externalIp === address) &&
      machine.lastSeen + ticksPerDay + quarter > at,
  )
}
