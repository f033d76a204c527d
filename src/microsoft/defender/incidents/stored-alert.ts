import { graphAlert, readGraphAlert } from '../graph/read-alert.ts'
import type { Alert } from '../model.ts'
import { readXdrAlert, xdrAlert } from '../xdr/read-alert.ts'

/**
 * Reads an alert that was kept as it came; null for what is no alert.
 *
 * @param surface the one that answered
 */
export type ReadStoredAlert = (tenantId: string, surface: string, raw: unknown) => Alert | null

export function createStoredAlertReader(portalOrigin: string): ReadStoredAlert {
  return (tenantId, surface, raw) => {
    if (surface === 'graph') {
      const read = graphAlert.safeParse(raw)
      return read.success ? readGraphAlert(read.data, tenantId) : null
    }
    const read = xdrAlert.safeParse(raw)
    return read.success ? readXdrAlert(read.data, tenantId, portalOrigin) : null
  }
}
