import Fastify, { type FastifyInstance, type FastifyPluginAsync } from 'fastify'
import { missingRoles } from '../../src/api-context.ts'
import { apiErrorHandler } from '../../src/api-errors.ts'
import { makeCustomers } from '../../src/data/customers.ts'
import { publishedHuntingLimits } from '../../src/quota.ts'
import { refuse } from '../../src/refusal.ts'
import type {
  ApiContext,
  Caller,
  CustomerProfile,
  Overlay,
  OverlayKind,
  Surface,
  World,
} from '../../src/world.ts'

/** A world of its own with a clock that the test moves. */
export type TestWorld = World & { profiles: CustomerProfile[]; advance(ms: number): void }

const epoch = new Date('2026-11-20T10:00:00.000Z')

export function makeWorld(count = 25): TestWorld {
  const profiles = makeCustomers(count)
  let now = epoch.getTime()
  return {
    epoch,
    now: () => new Date(now),
    customer: id => profiles.find(one => one.tenantId === id || one.domain === id),
    customers: () => profiles,
    overlay: makeOverlay(),
    profiles,
    advance(ms) {
      now += ms
    },
  }
}

/** Keeps values as JSON text, as a state file would. */
function makeOverlay(): Overlay {
  const kept = new Map<string, string>()
  const key = (tenantId: string, kind: OverlayKind, id: string) => `${tenantId}|${kind}|${id}`
  return {
    get: (tenantId, kind, id) => {
      const text = kept.get(key(tenantId, kind, id))
      return text === undefined ? undefined : JSON.parse(text)
    },
    set: (tenantId, kind, id, value) => {
      kept.set(key(tenantId, kind, id), JSON.stringify(value))
    },
    delete: (tenantId, kind, id) => {
      kept.delete(key(tenantId, kind, id))
    },
    *entries(tenantId, kind) {
      for (const [name, text] of kept) {
        const prefix = key(tenantId, kind, '')
        if (name.startsWith(prefix)) yield [name.slice(prefix.length), JSON.parse(text)]
      }
    },
  }
}

const origins: Record<Surface, string> = {
  graph: 'https://graph.microsoft.com',
  defender: 'https://api.security.microsoft.com',
  endpoint: 'https://api.securitycenter.microsoft.com',
}

/**
 * A context whose bearer token is plain JSON (`{surface, tenantId, roles}`): the routes are under test here,
 * not the tokens.
 */
function makeContext(world: World): ApiContext {
  return {
    world,
    authenticate(request, surface): Caller {
      const text = (request.headers.authorization ?? '').replace(/^Bearer /, '')
      const token: { surface?: string; tenantId?: string; roles?: string[] } = text ? JSON.parse(text) : {}
      if (token.surface !== surface || !token.tenantId) {
        const code = surface === 'graph' ? 'InvalidAuthenticationToken' : 'Unauthorized'
        throw refuse(surface, {
          status: 401,
          code,
          message: 'Access token validation failure. Invalid audience.',
          requestId: 'request-1',
          now: world.now(),
        })
      }
      return {
        tenantId: token.tenantId,
        appId: 'app',
        appName: 'Tenantry',
        roles: token.roles ?? [],
        requestId: 'request-1',
      }
    },
    requireRoles(caller, surface, anyOf) {
      if (anyOf.some(role => caller.roles.includes(role))) return
      const message = missingRoles(anyOf, caller.roles)
      throw refuse(surface, {
        status: 403,
        code: 'Forbidden',
        message,
        requestId: caller.requestId,
        now: world.now(),
      })
    },
    throttle: () => undefined,
    huntingLimits: publishedHuntingLimits,
    takeActionFailure: () => undefined,
    linkOrigin: surface => origins[surface],
  }
}

type Answer = { status: number; body: Record<string, unknown>; text: string }

export type Api = {
  world: TestWorld
  get(url: string, headers?: Record<string, string>): Promise<Answer>
  send(method: 'POST' | 'PATCH', url: string, body: unknown): Promise<Answer>
  /** the same API asked by another app: other roles, tenant or audience */
  as(who: Partial<Who>): Api
}

export type Who = { surface: Surface; tenantId: string; roles: string[] }

/** Routes on a server of their own. */
export function startApi(
  routes: FastifyPluginAsync<{ context: ApiContext }>,
  who: Who,
  world: TestWorld = makeWorld(),
): Api {
  const app = Fastify({ routerOptions: { caseSensitive: false } })
  app.setErrorHandler(apiErrorHandler(world.now))
  app.register(routes, { context: makeContext(world) })
  return apiOn(app, who, world)
}

function apiOn(app: FastifyInstance, who: Who, world: TestWorld): Api {
  const authorization = `Bearer ${JSON.stringify(who)}`
  return {
    world,
    async get(url, headers = {}) {
      return read(await app.inject({ url, headers: { authorization, ...headers } }))
    },
    async send(method, url, body) {
      const payload = JSON.stringify(body)
      const headers = { authorization, 'content-type': 'application/json' }
      return read(await app.inject({ method, url, headers, payload }))
    },
    as: other => apiOn(app, { ...who, ...other }, world),
  }
}

function read(answer: { statusCode: number; body: string }): Answer {
  const isObject = answer.body.startsWith('{')
  return { status: answer.statusCode, body: isObject ? JSON.parse(answer.body) : {}, text: answer.body }
}

/** The members of an answer's `value`. */
export function valuesOf(answer: { body: Record<string, unknown> }): Record<string, unknown>[] {
  const { value } = answer.body
  return Array.isArray(value) ? value : []
}

export function errorOf(answer: { body: Record<string, unknown> }): { code?: string; message?: string } {
  const { error } = answer.body
  return typeof error === 'object' && error !== null ? error : {}
}
