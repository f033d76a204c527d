import type { FastifyRequest } from 'fastify'
import type { Directory } from '../entra/directory.ts'
import type { Service } from './fault.ts'

/**
 * Which service a path belongs to: on one port, Graph, the two Defender APIs and
 * Entra are told apart by their paths. Undefined for the simulator's own pages.
 */
export function serviceOf(path: string): Service | undefined {
  if (path === '/' || path.startsWith('/__simulator')) return undefined
  if (/^\/(v1\.0|beta)\//.test(path)) return 'graph'
  if (/^\/api\/(incidents(\/|$)|advancedhunting\/)/i.test(path)) return 'defender'
  if (path.startsWith('/api/')) return 'endpoint'
  return 'login'
}

// Read without a check: faults and counts concern refused requests as well.
function tenantOfToken(request: FastifyRequest): string | undefined {
  const [, payload = ''] = (request.headers.authorization ?? '').split('.')
  const tenantId = Buffer.from(payload, 'base64url')
    .toString('utf8')
    .match(/"tid":"([0-9a-f-]{36})"/i)
  return tenantId?.[1]?.toLowerCase()
}

/** The tenant that a request is about, if it says so. */
export function tenantOf(
  request: FastifyRequest,
  service: Service,
  directory: Directory,
): string | undefined {
  if (service !== 'login') return tenantOfToken(request)
  const [, segment = ''] = request.url.split(/[/?]/)
  return directory.find(segment)?.tenantId
}
