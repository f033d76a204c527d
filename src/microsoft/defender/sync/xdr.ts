import { z } from 'zod'
import type { CallSurface } from '../call.ts'
import { compareTime, withOptions } from '../lists/odata.ts'
import { fetchDocument, listIncomplete, readList } from '../lists/read-list.ts'
import { readXdrAlert, xdrAlert } from '../xdr/read-alert.ts'
import { readXdrIncident, xdrIncident } from '../xdr/read-incident.ts'
import {
  alertsIn,
  digestOf,
  exactTimeOf,
  ownMembers,
  readElement,
  type SyncedIncident,
  type SyncSurface,
} from './model.ts'

const path = '/api/incidents'
/** More is refused with 400. */
const largestTop = 100
const byUpdate = 'lastUpdateTime'

const timed = z.object({ lastUpdateTime: xdrIncident.shape.lastUpdateTime })

/**
 * Alerts always come embedded; the order is not promised, and cannot be asked
 * for.
 *
 * @param portalOrigin where web links lead
 * @see Defender XDR, "List incidents API", "Get incident API"
 */
export function xdrSync(call: CallSurface, portalOrigin: string): SyncSurface {
  const base = { surface: 'defender', quota: 'defender-incidents', isBackground: true } as const

  function read(raw: unknown, tenantId: string): SyncedIncident | null {
    const wire = readElement(xdrIncident, raw)
    if (!wire) return null
    const alerts = alertsIn(raw).flatMap(rawAlert => {
      const alert = readElement(xdrAlert, rawAlert)
      return alert ? [{ alert: readXdrAlert(alert, tenantId, portalOrigin), raw: rawAlert }] : []
    })
    return {
      incident: { ...readXdrIncident(wire, tenantId, portalOrigin), alerts: null },
      updatedExact: exactTimeOf(wire.lastUpdateTime.wire),
      modifiedBy: null,
      raw: ownMembers(raw),
      alerts,
      isIncomplete: false,
    }
  }

  return {
    async page(tenantId, { from, until, skip }, options) {
      const span = [
        compareTime(byUpdate, 'ge', from),
        ...(until === null ? [] : [compareTime(byUpdate, 'le', until)]),
      ]
      const request = {
        ...base,
        ...options,
        tenantId,
        path: withOptions(path, { filter: span, top: largestTop, skip }),
      }
      const list = await readList(call, request, z.unknown(), 'a list of incidents')
      if (list.isIncomplete) throw listIncomplete('defender')
      const incidents = list.value.flatMap(raw => read(raw, tenantId) ?? [])
      const last = list.value.map(raw => readElement(timed, raw)).findLast(one => one !== null)
      return {
        surface: 'defender',
        incidents,
        unreadable: list.value.length - incidents.length,
        count: list.value.length,
        lastExact: last ? exactTimeOf(last.lastUpdateTime.wire) : null,
        hasMore: list.nextLink !== null || list.value.length >= largestTop,
        digest: digestOf(list.value),
      }
    },

    async one(tenantId, incidentId, _withAlerts, options) {
      const request = { ...base, ...options, tenantId, path: `${path}/${incidentId}` }
      const { document, isIncomplete } = await fetchDocument(call, request, z.unknown(), 'an incident')
      const found = read(document, tenantId)
      return found && { ...found, isIncomplete }
    },
  }
}
