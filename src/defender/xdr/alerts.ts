import type { AlertSurface } from '../alert-surface.ts'
import type { CallSurface } from '../call.ts'
import { roleMissing } from '../choose-surface.ts'
import { type Position, readCursor, writeCursor } from '../cursor.ts'
import { filterOf, type IncidentFilter } from '../incident-surface.ts'
import type { Alert } from '../model.ts'
import { withOptions } from '../odata.ts'
import { collect } from '../time-pages.ts'
import { listOf, readDocument } from '../wire.ts'
import { readXdrIncident, xdrIncident } from './read-incident.ts'

type CountPosition = Extract<Position, { by: 'count' }>

/** Incidents per request; their alerts come along. */
const incidentsAtOnce = 20

/**
 * Alerts by way of Defender XDR's incidents, which embed them: there is no
 * list of alerts and none by id. A page may end with the last alert of an
 * incident, so it can be longer than asked for.
 *
 * @see Defender XDR, "List incidents API"
 */
export function xdrAlerts(call: CallSurface, portalOrigin: string): AlertSurface {
  async function page(
    tenantId: string,
    filter: IncidentFilter,
    position: CountPosition | null,
    limit: number,
  ) {
    const skip = position?.skip ?? 0
    const { updatedSince } = filter
    const answer = await call({
      surface: 'defender',
      quota: 'defender-incidents',
      tenantId,
      path: withOptions('/api/incidents', {
        // An alert that was updated moved its incident's time as well.
        filter: filterOf(updatedSince === undefined ? {} : { updatedSince }, {
          status: 'status',
          assignedTo: 'assignedTo',
          updated: 'lastUpdateTime',
        }),
        top: incidentsAtOnce,
        skip,
      }),
    })
    const { value, nextLink } = readDocument(answer, 'defender', listOf(xdrIncident), 'a list of incidents')
    const items: Alert[] = []
    let used = 0
    for (const wire of value) {
      if (items.length >= limit) break
      used += 1
      const { alerts } = readXdrIncident(wire, tenantId, portalOrigin)
      items.push(...(alerts ?? []).filter(alert => isWanted(alert, filter)))
    }
    const isEnd = used === value.length && nextLink === null && value.length < incidentsAtOnce
    const next: CountPosition = { by: 'count', surface: 'defender', skip: skip + used }
    return { items, next: isEnd || used === 0 ? null : next }
  }

  return {
    async list(tenantId, filter, limit, cursor) {
      const start = readCursor(cursor, { by: 'count', surface: 'defender' })
      const { items, next } = await collect<Alert, CountPosition>(limit, start, (position, left) =>
        page(tenantId, filter, position, left),
      )
      return { items, nextCursor: next && writeCursor(next), surface: 'defender' }
    },

    async get() {
      throw roleMissing(
        ['graph:SecurityAlert.Read.All', 'endpoint:Alert.Read.All'],
        'Defender XDR hands out alerts only inside their incidents; one by its id needs another role',
      )
    },
  }
}

function isWanted(alert: Alert, { updatedSince, status, severity, assignedTo }: IncidentFilter): boolean {
  return (
    (updatedSince === undefined || Date.parse(alert.updatedAt) >= Date.parse(updatedSince)) &&
    (status === undefined || alert.status === status) &&
    (severity === undefined || alert.severity === severity) &&
    (assignedTo === undefined || alert.assignedTo === assignedTo)
  )
}
