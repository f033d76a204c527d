import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { DeviceService } from '../../../devices/devices.ts'
import type { ActionRequest } from '../../../devices/request.ts'
import { toDeviceActionView } from '../../../devices/view.ts'
import { AppError, failure } from '../../../errors.ts'
import { requireActor } from '../../plugins/access/actors.ts'
import { alert } from '../incidents/incident-schemas.ts'
import { incomplete, listQuery, problem, refusals, tenantId, time, withIncomplete } from '../schemas.ts'
import {
  actionRequest,
  device,
  deviceAction,
  deviceUser,
  isolation,
  sourcedListOf,
} from './device-schemas.ts'

const ofTenant = z.object({ tenantId })
const byId = ofTenant.extend({ deviceId: z.string().max(300).describe('40 hex digits, or the DNS name') })
const byExactId = ofTenant.extend({ deviceId: z.string().max(100).describe('40 hex digits') })
const byAction = byExactId.extend({ actionId: z.guid() })

const filters = listQuery.extend({
  // Holds the query options of the service's own link.
  cursor: z.string().max(20_000).optional().describe('`nextCursor` of the page before'),
  search: z
    .string()
    .trim()
    .min(1)
    .max(300)
    .optional()
    .describe('Beginning of the DNS name, IP address, or device id'),
  riskScore: z.string().max(50).optional().describe('none, informational, low, medium or high'),
  healthStatus: z.string().max(50).optional().describe('active, inactive, impairedCommunication, …'),
  osPlatform: z.string().max(50).optional().describe('As the service spells it: Windows11'),
})

/** Devices of one tenant, and what can be asked of them. */
export async function deviceApi(
  app: FastifyInstance,
  { devices }: { devices: DeviceService },
): Promise<void> {
  const api = app.withTypeProvider<ZodTypeProvider>()
  const tags = ['Devices']

  api.get(
    '/tenants/:tenantId/devices',
    {
      config: { act: 'device.read' },
      schema: {
        tags,
        summary: 'List or search devices of a tenant',
        description:
          'Read through Microsoft Graph’s hunting tables where `ThreatHunting.Read.All` is granted, by name, and completed by Defender for Endpoint’s API where `Machine.Read.All` is. `riskScore` is asked of that API alone.',
        params: ofTenant,
        querystring: filters,
        response: {
          200: sourcedListOf(device).extend({
            nextCursor: z.string().nullable(),
            readAt: time.describe('When Microsoft was asked: an answer of hunting is kept for a minute'),
          }),
          ...refusals,
        },
      },
    },
    async request => {
      const { limit, cursor, ...wanted } = request.query
      const given = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined))
      const page = await devices.list(requireActor(request), request.params.tenantId, {
        ...given,
        limit,
        cursor: cursor ?? null,
      })
      return withIncomplete(page)
    },
  )

  api.get(
    '/tenants/:tenantId/devices/:deviceId',
    {
      config: { act: 'device.read' },
      schema: {
        tags,
        summary: 'Get a device',
        params: byId,
        response: {
          200: device.extend({
            failure: failure.nullable().describe('Why the other source did not take part'),
          }),
          ...refusals,
        },
      },
    },
    async request => devices.get(requireActor(request), request.params.tenantId, request.params.deviceId),
  )

  api.get(
    '/tenants/:tenantId/devices/:deviceId/users',
    {
      config: { act: 'device.read' },
      schema: {
        tags,
        summary: 'Who signed in on a device',
        params: byId,
        response: { 200: sourcedListOf(deviceUser), ...refusals },
      },
    },
    async request => {
      const { tenantId, deviceId } = request.params
      return withIncomplete(await devices.users(requireActor(request), tenantId, deviceId))
    },
  )

  api.get(
    '/tenants/:tenantId/devices/:deviceId/alerts',
    {
      config: { act: 'device.read' },
      schema: {
        tags,
        summary: 'Alerts of a device, newest first',
        params: byId,
        response: { 200: sourcedListOf(alert), ...refusals },
      },
    },
    async request => {
      const { tenantId, deviceId } = request.params
      return withIncomplete(await devices.alerts(requireActor(request), tenantId, deviceId))
    },
  )

  api.get(
    '/tenants/:tenantId/devices/:deviceId/actions',
    {
      config: { act: 'device.read' },
      schema: {
        tags,
        summary: 'Actions on a device, newest first, whoever asked for them',
        params: byExactId,
        response: {
          200: z.object({
            items: z.array(deviceAction),
            isolation: isolation.nullable().describe('Null when nothing tells it'),
            failure: failure.nullable().describe('Why only actions of our own are listed'),
            incomplete,
          }),
          ...refusals,
        },
      },
    },
    async request => {
      const { tenantId, deviceId } = request.params
      return withIncomplete(await devices.actions(requireActor(request), tenantId, deviceId))
    },
  )

  api.post(
    '/tenants/:tenantId/devices/:deviceId/actions',
    {
      config: { act: 'device.act' },
      schema: {
        tags,
        summary: 'Isolate, release or scan a device, or collect an investigation package',
        description:
          'The answer holds the action and its state; it is followed to its end. An action that the service refused is `failed` with the reason. It is never sent twice: while it is not known whether it arrived, it is `unknown` and looked up.',
        params: byExactId,
        body: actionRequest,
        response: { 202: deviceAction, 409: problem, ...refusals },
      },
    },
    async (request, reply) => {
      const { tenantId, deviceId } = request.params
      const wanted = Object.fromEntries(
        Object.entries(request.body).filter(([, value]) => value !== undefined),
      ) as ActionRequest
      const record = await devices.request(requireActor(request), tenantId, deviceId, wanted)
      return reply
        .code(202)
        .header('location', `/api/v1/tenants/${tenantId}/devices/${deviceId}/actions/${record.id}`)
        .send(toDeviceActionView(record))
    },
  )

  api.get(
    '/tenants/:tenantId/devices/:deviceId/actions/:actionId',
    {
      config: { act: 'device.read' },
      schema: {
        tags,
        summary: 'Get an action that was asked for here',
        params: byAction,
        response: { 200: deviceAction, ...refusals },
      },
    },
    async request => {
      const { tenantId, deviceId, actionId } = request.params
      const record = await devices.action(requireActor(request), actionId)
      if (record.tenantId !== tenantId.toLowerCase() || record.deviceId !== deviceId.toLowerCase())
        throw new AppError('not_found', 'there is no such action')
      return toDeviceActionView(record)
    },
  )

  api.get(
    '/tenants/:tenantId/devices/:deviceId/actions/:actionId/package',
    {
      config: { act: 'device.act' },
      schema: {
        tags,
        summary: 'Get the address of a collected investigation package',
        description: 'Good for a short time and without further proof of who asks: do not pass it on.',
        params: byAction,
        response: { 200: z.object({ url: z.string() }), 409: problem, ...refusals },
      },
    },
    async request => {
      const { tenantId, actionId } = request.params
      const url = await devices.packageUrl(requireActor(request), tenantId, actionId)
      return { url: url.href }
    },
  )
}
