import type { AlertSurface } from '../alert-surface.ts'
import type { CallSurface } from '../call.ts'
import { readCursor, writeCursor } from '../cursor.ts'
import { filterOf } from '../incident-surface.ts'
import { pascalCase } from '../members.ts'
import { withOptions } from '../odata.ts'
import { listOf, readDocument } from '../wire.ts'
import { endpointAlert, readEndpointAlert } from './read-alert.ts'

const path = '/api/alerts'
const fields = {
  status: 'status',
  assignedTo: 'assignedTo',
  severity: 'severity',
  updated: 'lastUpdateTime',
}

/**
 * Alerts of Defender for Endpoint alone, paged by count.
 *
 * @see Defender for Endpoint, "List alerts API", "Get alert information by ID API"
 */
export function endpointAlerts(call: CallSurface, portalOrigin: string): AlertSurface {
  const base = { surface: 'endpoint', quota: 'endpoint' } as const

  return {
    async list(tenantId, filter, limit, cursor) {
      const skip = readCursor(cursor, { by: 'count', surface: 'endpoint' })?.skip ?? 0
      const answer = await call({
        ...base,
        tenantId,
        path: withOptions(path, {
          filter: filterOf(filter, fields, pascalCase),
          // Without it, evidence is an empty list.
          expand: 'evidence',
          top: limit,
          skip,
        }),
      })
      const { value, nextLink } = readDocument(answer, 'endpoint', listOf(endpointAlert), 'a list of alerts')
      const hasMore = value.length > 0 && (nextLink !== null || value.length >= limit)
      return {
        items: value.slice(0, limit).map(wire => readEndpointAlert(wire, tenantId, portalOrigin)),
        nextCursor: hasMore
          ? writeCursor({ by: 'count', surface: 'endpoint', skip: skip + Math.min(value.length, limit) })
          : null,
        surface: 'endpoint',
      }
    },

    async get(tenantId, alertId) {
      const answer = await call({ ...base, tenantId, path: `${path}/${encodeURIComponent(alertId)}` })
      const wire = readDocument(answer, 'endpoint', endpointAlert, 'an alert')
      return readEndpointAlert(wire, tenantId, portalOrigin)
    },
  }
}
