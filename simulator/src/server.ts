import fastifyCookie from '@fastify/cookie'
import fastifyFormbody from '@fastify/formbody'
import Fastify, { type FastifyInstance } from 'fastify'
import { makeApiContext, requestIdOf } from './api-context.ts'
import { apiErrorHandler, notFoundHandler } from './api-errors.ts'
import { serviceOf } from './control/classify.ts'
import { Control } from './control/control.ts'
import { FaultList } from './control/fault-list.ts'
import { Latencies } from './control/latency.ts'
import { OnceList } from './control/once.ts'
import { RequestLog } from './control/request-log.ts'
import { EndpointAudiences, Retirements } from './control/retirements.ts'
import { controlRoutes } from './control/routes.ts'
import { trouble } from './control/trouble.ts'
import { makeCustomers } from './data/customers.ts'
import { dataOf } from './data/world-data.ts'
import { defenderRoutes } from './defender/index.ts'
import { endpointRoutes } from './endpoint/index.ts'
import type { EntraError } from './entra/aadsts.ts'
import type { ConsentOutcome, EntraContext } from './entra/context.ts'
import { Directory, type Propagation } from './entra/directory.ts'
import { entraRoutes } from './entra/index.ts'
import { SigningKeys } from './entra/keys.ts'
import { Registration } from './entra/registration.ts'
import { Sessions } from './entra/sessions.ts'
import { Tickets } from './entra/tickets.ts'
import { graphRoutes } from './graph/index.ts'
import { homePage } from './home-page.ts'
import { hostsOf, hostsOfTenant, type SimulatedCloud } from './hosts.ts'
import { liveWorld } from './live-world.ts'
import { Quotas } from './quota.ts'
import { openState, type StateStore } from './state.ts'
import type { ActionFailure, ApiContext, HuntingLimits, Surface, World } from './world.ts'

export type ServerOptions = {
  tenants: number
  publicUrls: string[]
  redirectUris: string[]
  cloud: SimulatedCloud
  /** which origin links inside answers carry: the cloud's, or the simulator's own */
  links: 'cloud' | 'own'
  propagation: Propagation
  latencyMs: number
  log: boolean
  stateFile?: string
  frontChannelLogoutUrl?: string
}

export type SimulatorServer = {
  app: FastifyInstance
  world: World
  control: Control
  /** what the API routes work with */
  context: ApiContext
  store: StateStore
  /** tells the server where it listens, for links of its own */
  setOrigin(origin: string): void
}

const codeLifetimeMs = 10 * 60_000
const refreshTokenLifetimeMs = 90 * 86_400_000

/** Puts the world together and the services in front of it. */
export async function makeServer(options: ServerOptions): Promise<SimulatorServer> {
  const store = openState(options.stateFile, Date.now())
  const world = liveWorld(store, makeCustomers(options.tenants))
  const hosts = hostsOf(options.cloud)
  const keys = await SigningKeys.make(world.now())
  const directory = new Directory(world, store, { ...options.propagation })
  const consents = new OnceList<ConsentOutcome>()
  const signIns = new OnceList<EntraError>()
  const actionFailures = new OnceList<ActionFailure>()
  const huntingLimits: Partial<HuntingLimits> = {}
  const quotas = new Quotas(world.now)
  const faults = new FaultList()
  const latencies = new Latencies()
  const requests = new RequestLog()
  const retirements = new Retirements()
  const audiences = new EndpointAudiences()
  let ownOrigin = hosts.login
  if (options.latencyMs > 0) latencies.set({ ms: options.latencyMs })

  const entra: EntraContext = {
    world,
    hosts,
    directory,
    registration: new Registration(store, world, options),
    keys,
    sessions: new Sessions(),
    codes: new Tickets(world.now, codeLifetimeMs),
    refreshTokens: new Tickets(world.now, refreshTokenLifetimeMs),
    tokenOptions: {},
    loginOrigin: request => (options.links === 'own' ? `${request.protocol}://${request.host}` : hosts.login),
    takeConsentOutcome: tenantId => consents.take(tenantId),
    takeSignInRefusal: tenantId => signIns.take(tenantId),
  }
  const control = new Control({
    entra,
    store,
    quotas,
    huntingLimits,
    faults,
    latencies,
    requests,
    retirements,
    audiences,
    consents,
    signIns,
    actionFailures,
  })
  const context = makeApiContext({
    world,
    hosts,
    keys,
    quotas,
    huntingLimits,
    endpointAudience: host => audiences.of(host),
    takeActionFailure: tenantId => actionFailures.take(tenantId),
    linkOrigin: (surface: Surface, tenantId?: string) =>
      options.links === 'own'
        ? ownOrigin
        : hostsOfTenant(hosts, world.customer(tenantId ?? '')).surfaces[surface],
  })

  const app = Fastify({
    logger: options.log,
    forceCloseConnections: true,
    routerOptions: { caseSensitive: false },
  })
  app.setErrorHandler(apiErrorHandler(world.now))
  app.setNotFoundHandler(notFoundHandler(world.now))
  app.addHook('onSend', async (request, reply) => {
    if (serviceOf(request.url) === 'graph') reply.header('request-id', requestIdOf(request))
  })
  app.register(trouble, { faults, latencies, requests, retirements, directory, hosts })
  app.addHook('onClose', () => dataOf(world).queries.close())
  app.register(fastifyCookie)
  app.register(fastifyFormbody)
  app.get('/', async (_request, reply) =>
    reply.type('text/html; charset=utf-8').send(homePage(world.customers().length)),
  )
  app.register(controlRoutes, { prefix: '/__simulator', control })
  app.register(graphRoutes, { context })
  app.register(defenderRoutes, { context })
  app.register(endpointRoutes, { context })
  app.register(entraRoutes, { context: entra })

  return {
    app,
    world,
    control,
    context,
    store,
    setOrigin(origin) {
      ownOrigin = origin
    },
  }
}
