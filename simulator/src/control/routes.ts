import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Control } from './control.ts'
import { services } from './fault.ts'
import { operations } from './operations.ts'

const loopback = /^(127\.|::1$|::ffff:127\.)/

const requestFilter = z.strictObject({
  service: z.enum(services).optional(),
  tenantId: z.string().optional(),
  path: z.string().optional(),
})

/**
 * The control endpoint: `POST /__simulator/<operation>` with JSON, and a few
 * things to look at. Only programs on this machine may use it.
 */
export async function controlRoutes(app: FastifyInstance, { control }: { control: Control }) {
  app.addHook('onRequest', async (request, reply) => {
    if (!loopback.test(request.ip)) {
      return reply.code(403).send({ error: 'The control endpoint answers this machine only.' })
    }
    // A page of another origin can post a form here, but no JSON.
    if (request.method === 'POST' && !/^application\/json\b/.test(request.headers['content-type'] ?? '')) {
      return reply.code(415).send({ error: 'Send application/json.' })
    }
  })

  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof z.ZodError) return reply.code(400).send({ error: z.prettifyError(error) })
    if (!(error instanceof Error)) throw error
    return reply.code(400).send({ error: error.message })
  })

  app.get('/', async () => ({ operations: Object.keys(operations) }))
  app.get('/faults', async () => ({ faults: control.faults() }))
  app.get('/requests', async request => ({ requests: control.requests(requestFilter.parse(request.query)) }))
  app.get('/tenants', async () => ({ tenants: control.tenants() }))
  app.get<{ Params: { tenant: string } }>('/tenants/:tenant', async request =>
    control.tenant(request.params.tenant),
  )

  app.get<{ Params: { tenant: string } }>('/tenants/:tenant/incidents', async request => ({
    incidents: control.incidents(request.params.tenant),
  }))

  app.post<{ Params: { operation: string } }>('/:operation', async (request, reply) => {
    const operation = operations[request.params.operation]
    if (!operation)
      return reply.code(404).send({ error: `There is no operation '${request.params.operation}'.` })
    const result = await operation.run(control, request.body)
    return result === undefined ? reply.code(204).send() : result
  })
}
