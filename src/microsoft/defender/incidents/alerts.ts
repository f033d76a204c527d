import { AppError } from '../../../errors.ts'
import type { Surface } from '../../clouds/clouds.ts'
import { roleMissing } from '../../failures/role-missing.ts'
import type { CallSurface } from '../call.ts'
import { chooseSurface } from '../choose-surface.ts'
import { endpointAlert, readEndpointAlert } from '../endpoint/read-alert.ts'
import { graphAlert, readGraphAlert } from '../graph/read-alert.ts'
import { fetchDocument } from '../lists/read-list.ts'
import type { Alert } from '../model.ts'

export type Alerts = {
  /** @throws RemoteError `role_missing` where only Defender XDR is open: it knows no alert by id, `not_found` */
  getAlert(tenantId: string, roles: readonly string[], alertId: string): Promise<Alert>
}

/** @see Microsoft Graph, "Get alert"; Defender for Endpoint, "Get alert information by ID API" */
export function createAlertCalls(call: CallSurface, portalOrigin: string): Alerts {
  const bySurface: Record<Surface, (tenantId: string, alertId: string) => Promise<Alert>> = {
    async graph(tenantId, alertId) {
      const path = `/v1.0/security/alerts_v2/${encodeURIComponent(alertId)}`
      const request = { surface: 'graph', quota: 'graph-security', tenantId, path } as const
      const { document } = await fetchDocument(call, request, graphAlert, 'an alert')
      return readGraphAlert(document, tenantId)
    },

    async defender() {
      throw roleMissing(
        ['graph:SecurityAlert.Read.All', 'endpoint:Alert.Read.All'],
        'Defender XDR hands out alerts only inside their incidents; one by its id needs another role',
      )
    },

    async endpoint(tenantId, alertId) {
      const path = `/api/alerts/${encodeURIComponent(alertId)}`
      const request = { surface: 'endpoint', quota: 'endpoint', tenantId, path } as const
      const { document } = await fetchDocument(call, request, endpointAlert, 'an alert')
      return readEndpointAlert(document, tenantId, portalOrigin)
    },
  }

  return {
    async getAlert(tenantId, roles, alertId) {
      if (!/^[\w-]{1,200}$/.test(alertId)) throw new AppError('not_found', 'there is no such alert')
      const surface = chooseSurface(roles, 'alerts.read')
      const isEndpointOpen = roles.some(role => /^endpoint:Alert\.Read(Write)?\.All$/.test(role))
      return bySurface[surface === 'defender' && isEndpointOpen ? 'endpoint' : surface](tenantId, alertId)
    },
  }
}
