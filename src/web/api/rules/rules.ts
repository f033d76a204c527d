import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { deliveryStatuses } from '../../../notifications/rules/model.ts'
import type { Rules } from '../../../notifications/rules/rules.ts'
import { requireActor } from '../../plugins/access/actors.ts'
import { listOf, listQuery, problem, refusals } from '../schemas.ts'
import { ruleConditions, ruleDeliveryShape, ruleDraft, ruleShape } from './rule-schemas.ts'

const byId = z.object({ id: z.uuid() })
const config = { act: 'rule.write' } as const

/** Rules that tell of new incidents. */
export async function ruleApi(app: FastifyInstance, { rules }: { rules: Rules }): Promise<void> {
  const api = app.withTypeProvider<ZodTypeProvider>()
  const tags = ['Notification rules']

  api.get(
    '/notification-rules',
    {
      config,
      schema: {
        tags,
        summary: 'List rules, newest first',
        description: 'Your own; for administrators who see every tenant, all.',
        querystring: listQuery,
        response: { 200: listOf(ruleShape), ...refusals },
      },
    },
    async request => {
      const { limit, cursor } = request.query
      return await rules.list(requireActor(request), { limit, cursor: cursor ?? null })
    },
  )

  api.post(
    '/notification-rules',
    {
      config,
      schema: {
        tags,
        summary: 'Add a rule',
        description:
          'It tells of incidents created from now on, each once, and sees what you may see when a message is sent. More than 20 an hour to one target are told as a digest.',
        body: ruleDraft,
        response: { 201: ruleShape, 409: problem, ...refusals },
      },
    },
    async (request, reply) => reply.code(201).send(await rules.create(requireActor(request), request.body)),
  )

  api.post(
    '/notification-rules/preview',
    {
      config,
      schema: {
        tags,
        summary: 'Count what conditions find among the incidents of the last seven days',
        body: ruleConditions,
        response: {
          200: z.object({
            matches: z.number().int(),
            isExact: z.boolean().describe('False when there are more'),
            days: z.number().int(),
          }),
          ...refusals,
        },
      },
    },
    async request => await rules.preview(requireActor(request), request.body),
  )

  api.get(
    '/notification-rules/:id',
    {
      config,
      schema: { tags, summary: 'Get a rule', params: byId, response: { 200: ruleShape, ...refusals } },
    },
    async request => await rules.get(requireActor(request), request.params.id),
  )

  api.put(
    '/notification-rules/:id',
    {
      config,
      schema: {
        tags,
        summary: 'Change a rule',
        description: 'Whoever changes a rule is its owner. With other conditions it begins anew.',
        params: byId,
        body: ruleDraft,
        response: { 200: ruleShape, ...refusals },
      },
    },
    async request => await rules.change(requireActor(request), request.params.id, request.body),
  )

  api.put(
    '/notification-rules/:id/enabled',
    {
      config,
      schema: {
        tags,
        summary: 'Pause or resume a rule',
        description: 'What comes while it is paused is not told, not even later.',
        params: byId,
        body: z.strictObject({ enabled: z.boolean() }),
        response: { 200: ruleShape, ...refusals },
      },
    },
    async request => await rules.setEnabled(requireActor(request), request.params.id, request.body.enabled),
  )

  api.put(
    '/notification-rules/:id/owner',
    {
      config: { act: 'rule.manage' },
      schema: {
        tags,
        summary: 'Take a rule over',
        description: 'It sees what you see from then on.',
        params: byId,
        response: { 200: ruleShape, ...refusals },
      },
    },
    async request => await rules.takeOver(requireActor(request), request.params.id),
  )

  api.delete(
    '/notification-rules/:id',
    {
      config,
      schema: { tags, summary: 'Remove a rule', params: byId, response: { 204: z.null(), ...refusals } },
    },
    async (request, reply) => {
      await rules.remove(requireActor(request), request.params.id)
      return reply.code(204).send(null)
    },
  )

  api.post(
    '/notification-rules/:id/targets/:targetId/test',
    {
      config,
      schema: {
        tags,
        summary: 'Send a trial message to a target and wait for its answer',
        params: z.object({ id: z.uuid(), targetId: z.uuid() }),
        response: { 200: ruleDeliveryShape, ...refusals },
      },
    },
    async request => {
      const { id, targetId } = request.params
      return await rules.test(requireActor(request), id, targetId)
    },
  )

  api.get(
    '/notification-rules/:id/deliveries',
    {
      config,
      schema: {
        tags,
        summary: 'List messages of a rule, newest first',
        params: byId,
        querystring: listQuery.extend({ status: z.enum(deliveryStatuses).optional() }),
        response: { 200: listOf(ruleDeliveryShape), ...refusals },
      },
    },
    async request => {
      const { limit, cursor, status } = request.query
      return await rules.deliveries(requireActor(request), request.params.id, {
        limit,
        cursor: cursor ?? null,
        status,
      })
    },
  )
}
