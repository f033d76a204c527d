import { z } from 'zod'
import { RemoteError } from '../../../errors.ts'
import type { CallSurface } from '../call.ts'
import { graphAlert, readGraphAlert } from '../graph/read-alert.ts'
import { graphIncident, readGraphIncident } from '../graph/read-incident.ts'
import { compareTime, withOptions } from '../lists/odata.ts'
import { fetchDocument, listIncomplete, readList } from '../lists/read-list.ts'
import {
  alertsIn,
  digestOf,
  exactTimeOf,
  ownMembers,
  readElement,
  type SyncedIncident,
  type SyncSurface,
} from './model.ts'

const path = '/v1.0/security/incidents'
/** More is refused with 400. */
const largestTop = 50
const byUpdate = 'lastUpdateDateTime'

const timed = z.object({ lastUpdateDateTime: graphIncident.shape.lastUpdateDateTime })
const provenance = z.object({ tenantId: z.string().nullish(), lastModifiedBy: z.string().nullish() })

/**
 * Lists are asked for without their alerts: with `$expand` large tenants answer
 * 500 as often as one asks.
 *
 * @see Microsoft Graph, "List incidents", "Get incident"
 */
export function graphSync(call: CallSurface): SyncSurface {
  const base = { surface: 'graph', quota: 'graph-incidents', isBackground: true } as const

  return {
    async page(tenantId, { from, until, order, skip }, options) {
      const span = [
        compareTime(byUpdate, 'ge', from),
        ...(until === null ? [] : [compareTime(byUpdate, 'le', until)]),
      ]
      const orderBy = `${byUpdate} ${order === 'oldest-first' ? 'asc' : 'desc'}`
      const request = {
        ...base,
        ...options,
        tenantId,
        path: withOptions(path, { filter: span, orderBy, top: largestTop, skip }),
      }
      const list = await readList(call, request, z.unknown(), 'a list of incidents')
      if (list.isIncomplete) throw listIncomplete('graph')
      const incidents = list.value.flatMap(raw => read(raw, tenantId, false) ?? [])
      const last = list.value.map(raw => readElement(timed, raw)).findLast(one => one !== null)
      return {
        surface: 'graph',
        incidents,
        unreadable: list.value.length - incidents.length,
        count: list.value.length,
        lastExact: last ? exactTimeOf(last.lastUpdateDateTime.wire) : null,
        hasMore: list.nextLink !== null || list.value.length >= largestTop,
        digest: digestOf(list.value),
      }
    },

    async one(tenantId, incidentId, withAlerts, options) {
      const get = async (expand: boolean) => {
        const request = {
          ...base,
          ...options,
          tenantId,
          path: withOptions(`${path}/${incidentId}`, expand ? { expand: 'alerts' } : {}),
          ...(expand ? { attempts: 2 } : {}),
        }
        const { document, isIncomplete } = await fetchDocument(call, request, z.unknown(), 'an incident')
        const found = read(document, tenantId, expand)
        return found && { ...found, isIncomplete }
      }
      if (!withAlerts) return get(false)
      try {
        return await get(true)
      } catch (error) {
        if (!isServiceStruggling(error)) throw error
      }
      return get(false)
    },
  }
}

/**
 * Whether a call with `$expand` failed in the way that large tenants see: the
 * service gives up on it, while the same call without `$expand` works.
 */
function isServiceStruggling(error: unknown): boolean {
  return (
    error instanceof RemoteError &&
    error.failure.service !== 'entra' &&
    (error.failure.code === 'timeout' ||
      error.failure.code === 'unavailable' ||
      error.failure.code === 'too_large')
  )
}

/** @returns null for what is no incident of this tenant */
function read(raw: unknown, tenantId: string, withAlerts: boolean): SyncedIncident | null {
  const wire = readElement(graphIncident, raw)
  const { tenantId: owner, lastModifiedBy } = readElement(provenance, raw) ?? {}
  if (!wire || (owner && owner.toLowerCase() !== tenantId)) return null
  const alerts = alertsIn(raw).flatMap(rawAlert => {
    const alert = readElement(graphAlert, rawAlert)
    return alert ? [{ alert: readGraphAlert(alert, tenantId), raw: rawAlert }] : []
  })
  return {
    incident: { ...readGraphIncident(wire, tenantId), alerts: null, alertCount: null },
    updatedExact: exactTimeOf(wire.lastUpdateDateTime.wire),
    modifiedBy: lastModifiedBy ?? null,
    raw: ownMembers(raw),
    alerts: withAlerts ? alerts : null,
    isIncomplete: false,
  }
}
