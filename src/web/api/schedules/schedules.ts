import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Schedules } from '../../../hunting/schedules/schedules.ts'
import { callerSignal } from '../../caller-signal.ts'
import { requireActor } from '../../plugins/access/actors.ts'
import { listOf, listQuery, refusals } from '../schemas.ts'
import { muteShape, scheduleDraft, scheduleShape, toWire } from './schedule-schemas.ts'

const byId = z.object({ id: z.uuid() })

/** Saved queries run by the clock, and the tenants that are muted in them. */
export async function scheduleApi(
  app: FastifyInstance,
  { schedules }: { schedules: Schedules },
): Promise<void> {
  const api = app.withTypeProvider<ZodTypeProvider>()
  const tags = ['Schedules']

  api.get(
    '/schedules',
    {
      config: { act: 'schedule.read' },
      schema: {
        tags,
        summary: 'List schedules, newest first',
        querystring: listQuery,
        response: { 200: listOf(scheduleShape), ...refusals },
      },
    },
    async request => {
      const { items, nextCursor } = await schedules.list(requireActor(request), request.query)
      return { items: items.map(toWire), nextCursor }
    },
  )

  api.get(
    '/schedules/:id',
    {
      config: { act: 'schedule.read' },
      schema: {
        tags,
        summary: 'Get a schedule',
        params: byId,
        response: { 200: scheduleShape, ...refusals },
      },
    },
    async request => toWire(await schedules.get(requireActor(request), request.params.id)),
  )

  api.post(
    '/schedules',
    {
      config: { act: 'schedule.write' },
      schema: {
        tags,
        summary: 'Schedule a query',
        body: scheduleDraft,
        response: { 201: scheduleShape, ...refusals },
      },
    },
    async (request, reply) => {
      const { allowUnknownNames, ...draft } = request.body
      const options = { allowUnknownNames, signal: callerSignal(reply) }
      return reply.code(201).send(toWire(await schedules.create(requireActor(request), draft, options)))
    },
  )

  api.put(
    '/schedules/:id',
    {
      config: { act: 'schedule.write' },
      schema: {
        tags,
        summary: 'Change a schedule',
        description:
          'It runs as you from then on. Another query, version, parameter or key forgets what was seen.',
        params: byId,
        body: scheduleDraft,
        response: { 200: scheduleShape, ...refusals },
      },
    },
    async (request, reply) => {
      const { allowUnknownNames, ...draft } = request.body
      const options = { allowUnknownNames, signal: callerSignal(reply) }
      return toWire(await schedules.change(requireActor(request), request.params.id, draft, options))
    },
  )

  api.post(
    '/schedules/:id/ownership',
    {
      config: { act: 'schedule.manage' },
      schema: {
        tags,
        summary: 'Take a schedule over',
        description:
          'For administrators: it runs as you from then on, and again if it had stopped because its owner is gone.',
        params: byId,
        response: { 200: scheduleShape, ...refusals },
      },
    },
    async request => toWire(await schedules.takeOver(requireActor(request), request.params.id)),
  )

  api.delete(
    '/schedules/:id',
    {
      config: { act: 'schedule.write' },
      schema: { tags, summary: 'Remove a schedule', params: byId, response: { 204: z.null(), ...refusals } },
    },
    async (request, reply) => {
      await schedules.remove(requireActor(request), request.params.id)
      return reply.code(204).send(null)
    },
  )

  api.post(
    '/schedules/:id/mutes',
    {
      config: { act: 'schedule.write' },
      schema: {
        tags,
        summary: 'Mute a tenant: its findings are noted and not told',
        params: byId,
        body: z.strictObject({
          tenantId: z.string(),
          reason: z.string().max(2000),
          endsAt: z.iso.datetime(),
        }),
        response: { 201: muteShape, ...refusals },
      },
    },
    async (request, reply) => {
      const { endsAt, ...body } = request.body
      const wanted = { ...body, endsAt: new Date(endsAt) }
      return reply.code(201).send(await schedules.mute(requireActor(request), request.params.id, wanted))
    },
  )

  api.delete(
    '/schedules/:id/mutes/:muteId',
    {
      config: { act: 'schedule.write' },
      schema: {
        tags,
        summary: 'End a mute',
        params: z.object({ id: z.uuid(), muteId: z.uuid() }),
        response: { 204: z.null(), ...refusals },
      },
    },
    async (request, reply) => {
      await schedules.unmute(requireActor(request), request.params.id, request.params.muteId)
      return reply.code(204).send(null)
    },
  )
}
