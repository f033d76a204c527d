import type { FastifyInstance } from 'fastify'
import type { DemoCustomers } from '../../../demo/customers.ts'
import { requireActor } from '../../plugins/access/actors.ts'

/** Only in demo mode: a console with customers in it after one click. */
export async function demoRoutes(
  app: FastifyInstance,
  { demoCustomers }: { demoCustomers: DemoCustomers },
): Promise<void> {
  app.post('/demo/customers', { config: { act: 'tenant.connect' } }, async (request, reply) => {
    const id = await demoCustomers.connect(requireActor(request))
    return reply.redirect(`/connect/lists/${id}`, 303)
  })
}
