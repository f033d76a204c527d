import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Notifications } from '../../notifications/notifications.ts'
import { requireActor } from '../plugins/access/actors.ts'
import { readInput } from '../read-input.ts'

const query = z.object({ cursor: z.uuid().optional().catch(undefined) })

/** What staff should look at. */
export async function notificationRoutes(
  app: FastifyInstance,
  { notifications }: { notifications: Notifications },
): Promise<void> {
  app.get('/notifications', { config: { act: 'notification.read' } }, async (request, reply) => {
    const { cursor } = readInput(query, request.query)
    const page = await notifications.list(requireActor(request), { limit: 50, cursor: cursor ?? null })
    return await reply.page(
      '/notifications/index',
      { title: 'Notifications', section: 'notifications' },
      {
        notifications: page.items,
        hasNew: page.items.some(({ isNew }) => isNew),
        nextHref: page.nextCursor ? `/notifications?cursor=${page.nextCursor}` : null,
        firstHref: cursor ? '/notifications' : null,
      },
    )
  })

  app.post('/notifications/seen', { config: { act: 'notification.read' } }, async (request, reply) => {
    await notifications.markSeen(requireActor(request))
    return reply.redirect('/notifications', 303)
  })
}
