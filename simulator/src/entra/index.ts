import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { EntraError, errorBody, traceOf } from './aadsts.ts'
import { adminConsentRoutes } from './admin-consent.ts'
import { sendPage } from './answer.ts'
import { authorizeRoutes } from './authorize.ts'
import { ConsentFlows } from './consent-flow.ts'
import type { EntraContext } from './context.ts'
import { cacheHeaders, discoveryRoutes } from './discovery.ts'
import { logoutRoutes } from './logout.ts'
import { errorPage } from './pages/messages.ts'
import { noStoreHeaders, tokenRoutes } from './token.ts'

function clientRequestId(request: FastifyRequest): string | undefined {
  const header = request.headers['client-request-id']
  const body = request.body
  const inBody =
    typeof body === 'object' && body !== null && 'client-request-id' in body
      ? body['client-request-id']
      : undefined
  const inQuery = new URL(request.url, 'http://simulator').searchParams.get('client-request-id')
  const id = header ?? inBody ?? inQuery
  return typeof id === 'string' && id !== '' ? id : undefined
}

/** The simulated Entra: its documents and tokens as JSON, its dialogues as pages. */
export async function entraRoutes(app: FastifyInstance, { context }: { context: EntraContext }) {
  app.addHook('onSend', async (_request, reply) => {
    reply.headers({ 'x-ms-request-id': randomUUID(), 'x-ms-ests-server': '2.1.simulator - EUS ProdSlices' })
  })

  /** Refuses in JSON, with the headers that answers of these routes carry. */
  function refuseInJson(services: FastifyInstance, headersOf: (error: EntraError) => Record<string, string>) {
    services.setErrorHandler((error, request, reply) => {
      if (!(error instanceof EntraError)) throw error
      const trace = traceOf(context.world.now(), clientRequestId(request))
      return reply
        .code(error.status)
        .headers(headersOf(error))
        .send(errorBody(error, trace, context.hosts.login))
    })
  }

  app.register(async services => {
    refuseInJson(services, () => cacheHeaders)
    services.register(discoveryRoutes, { context })
  })

  app.register(async services => {
    refuseInJson(services, ({ code }) => ({ ...noStoreHeaders, 'x-ms-clitelem': `1,${code},0,,` }))
    services.register(tokenRoutes, { context })
  })

  app.register(async pages => {
    pages.setErrorHandler((error, request, reply) => {
      if (!(error instanceof EntraError)) throw error
      return sendPage(reply, errorPage(error, traceOf(context.world.now(), clientRequestId(request))), 400)
    })
    const flows = new ConsentFlows(context)
    pages.register(authorizeRoutes, { context, flows })
    pages.register(adminConsentRoutes, { context, flows })
    pages.register(logoutRoutes, { context })
  })
}
