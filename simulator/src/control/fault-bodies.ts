import { randomUUID } from 'node:crypto'
import { missingRoles } from '../api-context.ts'
import { EntraError, errorBody, traceOf } from '../entra/aadsts.ts'
import type { Hosts } from '../hosts.ts'
import { quotaRefusal } from '../quota.ts'
import { type ApiRefusal, refuse } from '../refusal.ts'
import type { Surface } from '../world.ts'
import type { Fault } from './fault.ts'

export type FaultAnswer = { status: number; headers: Record<string, string>; body: string }

type Scene = { now: Date; hosts: Hosts; tenantId: string | undefined }

const json = { 'content-type': 'application/json; charset=utf-8' }
const text = { 'content-type': 'text/plain; charset=utf-8' }
const page = { 'content-type': 'text/html; charset=utf-8' }

function fromRefusal({ status, headers, body }: ApiRefusal): FaultAnswer {
  return { status, headers: { ...json, ...headers }, body: JSON.stringify(body) }
}

function fromEntra(code: number, { now, hosts }: Scene): FaultAnswer {
  const error = new EntraError(code)
  return {
    status: error.status,
    headers: json,
    body: JSON.stringify(errorBody(error, traceOf(now), hosts.login)),
  }
}

function surfaceError(
  fault: Fault,
  status: number,
  code: string,
  message: string,
  { now }: Scene,
): FaultAnswer {
  const surface = fault.service as Surface
  return fromRefusal(refuse(surface, { status, code, message, requestId: randomUUID(), now }))
}

function throttled(fault: Fault, scene: Scene): FaultAnswer {
  if (fault.service === 'login') {
    const answer = fromEntra(90055, scene)
    return { ...answer, headers: { ...answer.headers, 'retry-after': '60' } }
  }
  return fromRefusal(
    quotaRefusal({ tenantId: scene.tenantId ?? randomUUID(), requestId: randomUUID() }, fault.service, {
      allowed: 45,
      windowSeconds: 60,
      waitSeconds: fault.retryAfterSeconds ?? 10,
      now: scene.now,
      isHunting: false,
    }),
  )
}

function internalError(fault: Fault, scene: Scene): FaultAnswer {
  if (fault.service === 'login') return fromEntra(90033, scene)
  return fault.service === 'graph'
    ? surfaceError(fault, 500, 'UnknownError', '', scene)
    : surfaceError(fault, 500, 'InternalServerError', 'An internal error occurred.', scene)
}

// What a tenant hears when it has used up its hunting CPU; the wait is in words.
function cpuQuota(fault: Fault, scene: Scene): FaultAnswer {
  const message =
    'You have exceeded processing resources allocated to this tenant. You can run queries again in 10 minutes.'
  const answer = surfaceError(
    fault,
    429,
    fault.service === 'graph' ? 'TooManyRequests' : '429',
    message,
    scene,
  )
  return fault.service === 'defender'
    ? answer
    : { ...answer, headers: { ...answer.headers, 'retry-after': '600' } }
}

function usualAnswer(fault: Fault, scene: Scene): FaultAnswer {
  switch (fault.kind) {
    case 'throttle-text':
      return { status: 429, headers: { ...text, 'retry-after': '60' }, body: 'Too Many Requests' }
    case 'throttle-json':
      return throttled(fault, scene)
    case 'unavailable-html':
      return {
        status: 503,
        headers: page,
        body: '<!DOCTYPE html><html><head><title>Service unavailable</title></head><body><h2>Our services are not available right now</h2></body></html>',
      }
    case 'unavailable-empty-json':
      return { status: 503, headers: json, body: '{}' }
    case 'internal-error':
      return internalError(fault, scene)
    case 'ok-with-error-body':
      return { ...internalError(fault, scene), status: 200 }
    case 'aadsts':
      return fromEntra(fault.aadsts ?? 90033, scene)
    case 'forbidden':
      return surfaceError(fault, 403, 'Forbidden', missingRoles(['Required.Role'], []), scene)
    case 'unauthorized':
      return fault.service === 'login'
        ? fromEntra(7000215, scene)
        : surfaceError(
            fault,
            401,
            fault.service === 'graph' ? 'InvalidAuthenticationToken' : 'Unauthorized',
            'Access token validation failure.',
            scene,
          )
    case 'quota':
      return cpuQuota(fault, scene)
    default:
      return { status: fault.status ?? 500, headers: json, body: '{}' }
  }
}

function retryAfter(fault: Fault): string | null | undefined {
  if (fault.retryAfterDate) return fault.retryAfterDate.toUTCString()
  return typeof fault.retryAfterSeconds === 'number'
    ? String(fault.retryAfterSeconds)
    : fault.retryAfterSeconds
}

/** What a fault answers by itself, in the manner of its service. */
export function faultAnswer(fault: Fault, scene: Scene): FaultAnswer {
  const { status, headers, body } = usualAnswer(fault, scene)
  const { 'retry-after': usual, ...others } = headers
  const wait = retryAfter(fault)
  const said = wait === undefined ? usual : (wait ?? undefined)
  const ownBody = fault.body
  return {
    status: fault.kind === 'ok-with-error-body' ? status : (fault.status ?? status),
    headers: {
      ...others,
      ...(typeof ownBody === 'string' && text),
      ...(said !== undefined && { 'retry-after': said }),
    },
    body: ownBody === undefined ? body : typeof ownBody === 'string' ? ownBody : JSON.stringify(ownBody),
  }
}
