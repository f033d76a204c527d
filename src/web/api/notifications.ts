import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { type Notifications, notificationKinds } from '../../notifications/notifications.ts'
import { requireActor } from '../plugins/access/actors.ts'
import { listOf, listQuery, refusals, time } from './schemas.ts'

/** What staff are told in the console. */
export async function notificationApi(
  app: FastifyInstance,
  { notifications }: { notifications: Notifications },
): Promise<void> {
  const api = app.withTypeProvider<ZodTypeProvider>()
  const tags = ['Schedules']

  api.get(
    '/notifications',
    {
      config: { act: 'notification.read' },
      schema: {
        tags,
        summary: 'List notifications, newest first',
        querystring: listQuery,
        response: {
          200: listOf(
            z.object({
              id: z.string(),
              kind: z.enum(notificationKinds),
              title: z.string(),
              href: z.string().describe('Page about it, relative to the server'),
              at: time,
              isNew: z.boolean(),
            }),
          ),
          ...refusals,
        },
      },
    },
    async request => await notifications.list(requireActor(request), request.query),
  )
}
