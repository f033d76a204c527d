import { randomUUID } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { SigningKeys } from './entra/keys.ts'
import { type Hosts, hostsOfTenant, resourceAppIds, surfaceOfResource } from './hosts.ts'
import { publishedHuntingLimits, type Quotas } from './quota.ts'
import { type ApiRefusal, refuse } from './refusal.ts'
import type { ActionFailure, ApiContext, Caller, HuntingLimits, Surface, World } from './world.ts'

const appTokenClaims = z.object({
  aud: z.string(),
  iss: z.string(),
  tid: z.string(),
  appid: z.string(),
  app_displayname: z.string(),
  nbf: z.number(),
  exp: z.number(),
  roles: z.array(z.string()).default([]),
})

const requestIds = new WeakMap<FastifyRequest, string>()

/** One id for each request; the caller's own `client-request-id` is not taken over. */
export function requestIdOf(request: FastifyRequest): string {
  const known = requestIds.get(request)
  if (known) return known
  const made = randomUUID()
  requestIds.set(request, made)
  return made
}

type Options = {
  world: World
  hosts: Hosts
  keys: SigningKeys
  quotas: Quotas
  /** where they differ from the published ones */
  huntingLimits: Partial<HuntingLimits>
  /** whose token the Defender for Endpoint API takes, by the host name it is called by */
  endpointAudience(host: string): Surface
  takeActionFailure(tenantId: string): ActionFailure | undefined
  linkOrigin: ApiContext['linkOrigin']
}

/** What the API routes need of the world around them: who calls, may they, and how often. */
export function makeApiContext(options: Options): ApiContext {
  const { world, hosts, keys, quotas, linkOrigin, takeActionFailure } = options

  function unauthorized(surface: Surface, request: FastifyRequest, reason: string): ApiRefusal {
    const challenge =
      `Bearer realm="", authorization_uri="${hosts.login}/common/oauth2/authorize", ` +
      `client_id="${resourceAppIds[surface]}"`
    return refuse(surface, {
      status: 401,
      code: surface === 'graph' ? 'InvalidAuthenticationToken' : 'Unauthorized',
      message: reason,
      requestId: requestIdOf(request),
      now: world.now(),
      headers: { 'www-authenticate': challenge },
    })
  }

  function authenticate(request: FastifyRequest, surface: Surface): Caller {
    const [scheme = '', token = ''] = (request.headers.authorization ?? '').split(' ')
    if (scheme.toLowerCase() !== 'bearer' || token === '') {
      throw unauthorized(surface, request, 'Access token is empty.')
    }
    const read = appTokenClaims.safeParse(keys.verify(token))
    if (!read.success) throw unauthorized(surface, request, 'Access token validation failure. Invalid token.')

    const claims = read.data
    const now = world.now().getTime() / 1000
    if (now >= claims.exp || now < claims.nbf) {
      throw unauthorized(surface, request, 'Access token has expired or is not yet valid.')
    }
    const audience = surface === 'endpoint' ? options.endpointAudience(request.host) : surface
    if (surfaceOfResource(hostsOfTenant(hosts, world.customer(claims.tid)), claims.aud) !== audience) {
      throw unauthorized(surface, request, 'Access token validation failure. Invalid audience.')
    }
    if (claims.iss !== `${hosts.v1Issuer}/${claims.tid}/` || !world.customer(claims.tid)) {
      throw unauthorized(surface, request, 'Access token validation failure. Invalid tenant.')
    }
    return {
      tenantId: claims.tid,
      appId: claims.appid,
      appName: claims.app_displayname,
      roles: claims.roles,
      requestId: requestIdOf(request),
    }
  }

  return {
    world,
    authenticate,
    requireRoles(caller, surface, anyOf) {
      if (anyOf.some(role => caller.roles.includes(role))) return
      throw refuse(surface, {
        status: 403,
        code: 'Forbidden',
        message: missingRoles(anyOf, caller.roles),
        requestId: caller.requestId,
        now: world.now(),
      })
    },
    throttle: (caller, surface, quota, destination) => quotas.take(caller, surface, quota, destination),
    huntingLimits: surface => ({ ...publishedHuntingLimits(surface), ...options.huntingLimits }),
    takeActionFailure,
    linkOrigin,
  }
}

/** The wire text of a refusal for want of roles; the second list names what the token holds. */
export function missingRoles(required: string[], held: string[]): string {
  return `Missing application roles. API required roles: ${required.join(',')}, application roles: ${held.join(',')}.`
}
