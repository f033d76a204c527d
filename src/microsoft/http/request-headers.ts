import { randomUUID } from 'node:crypto'
import type { RemoteCall } from './types.ts'

/** Services that keep the caller's id with the call, so that support can find even one that got no answer. */
const tracing: ReadonlySet<string> = new Set(['entra', 'graph', 'defender', 'endpoint'])

/** The caller's headers in lower case, with what every call carries. */
export function requestHeaders(call: RemoteCall): Record<string, string> {
  const headers: Record<string, string> = { 'user-agent': 'tenantry', 'accept-encoding': 'gzip' }
  if (call.expect !== 'any') headers.accept = 'application/json'
  if (call.body !== undefined) headers['content-type'] = 'application/json; charset=utf-8'
  if (tracing.has(call.service)) headers['client-request-id'] = randomUUID()
  for (const [name, value] of Object.entries(call.headers ?? {})) headers[name.toLowerCase()] = value
  return headers
}
