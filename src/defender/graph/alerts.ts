import type { AlertSurface } from '../alert-surface.ts'
import type { CallSurface } from '../call.ts'
import { readCursor, type TimePosition, writeCursor } from '../cursor.ts'
import { filterOf } from '../incident-surface.ts'
import type { Alert } from '../model.ts'
import { compareTime, withOptions } from '../odata.ts'
import { collect, nextTimePage } from '../time-pages.ts'
import { listOf, readDocument } from '../wire.ts'
import { graphAlert, readGraphAlert } from './read-alert.ts'

const path = '/v1.0/security/alerts_v2'
/** Up to 1,000 are allowed; with their evidence these are large already. */
const pageSize = 100
const byUpdate = 'lastUpdateDateTime'
const fields = { status: 'status', assignedTo: 'assignedTo', severity: 'severity', updated: byUpdate }

/** @see Microsoft Graph, "List alerts_v2", "Get alert" */
export function graphAlerts(call: CallSurface): AlertSurface {
  const base = { surface: 'graph', quota: 'graph-security' } as const

  return {
    async list(tenantId, filter, limit, cursor) {
      const start = readCursor(cursor, { by: 'time', surface: 'graph' })
      const page = (position: TimePosition | null, left: number) =>
        nextTimePage<Alert>('graph', position, left, async ({ time, skip }) => {
          const beginning = time === null ? [] : [compareTime(byUpdate, 'le', time)]
          const answer = await call({
            ...base,
            tenantId,
            path: withOptions(path, {
              filter: [...filterOf(filter, fields), ...beginning],
              orderBy: `${byUpdate} desc`,
              top: pageSize,
              skip,
            }),
          })
          const { value, nextLink } = readDocument(answer, 'graph', listOf(graphAlert), 'a list of alerts')
          const entries = value.map(wire => ({
            id: wire.id,
            time: wire.lastUpdateDateTime.wire,
            item: readGraphAlert(wire, tenantId),
          }))
          return { entries, hasMore: nextLink !== null || value.length >= pageSize }
        })
      const { items, next } = await collect(limit, start, page)
      return { items, nextCursor: next && writeCursor(next), surface: 'graph' }
    },

    async get(tenantId, alertId) {
      const answer = await call({ ...base, tenantId, path: `${path}/${encodeURIComponent(alertId)}` })
      return readGraphAlert(readDocument(answer, 'graph', graphAlert, 'an alert'), tenantId)
    },
  }
}
