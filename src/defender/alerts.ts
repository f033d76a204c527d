import type { Surface } from '../clouds/clouds.ts'
import { AppError } from '../errors.ts'
import type { AlertSurface } from './alert-surface.ts'
import type { CallSurface } from './call.ts'
import { chooseSurface } from './choose-surface.ts'
import { endpointAlerts } from './endpoint/alerts.ts'
import { graphAlerts } from './graph/alerts.ts'
import type { ListOptions } from './incidents.ts'
import type { Alert, Page } from './model.ts'
import { checkTime } from './odata.ts'
import { xdrAlerts } from './xdr/alerts.ts'

export type Alerts = {
  /** With evidence, updated last first where the surface can order. On Defender XDR a page may be longer than asked for. */
  listAlerts(tenantId: string, roles: readonly string[], options?: ListOptions): Promise<Page<Alert>>
  /** @throws AppError `role_missing` where only Defender XDR is open: it knows no alert by id; RemoteError `not_found` */
  getAlert(tenantId: string, roles: readonly string[], alertId: string): Promise<Alert>
}

export function createAlertCalls(call: CallSurface, portalOrigin: string): Alerts {
  const bySurface: Record<Surface, AlertSurface> = {
    graph: graphAlerts(call),
    defender: xdrAlerts(call, portalOrigin),
    endpoint: endpointAlerts(call, portalOrigin),
  }

  return {
    async listAlerts(tenantId, roles, { limit = 50, cursor, ...filter } = {}) {
      checkTime(filter.updatedSince)
      const surface = chooseSurface(roles, 'alerts.read')
      return bySurface[surface].list(tenantId, filter, Math.min(Math.max(limit, 1), 200), cursor)
    },

    async getAlert(tenantId, roles, alertId) {
      if (!/^[\w-]{1,200}$/.test(alertId)) throw new AppError('not_found', 'there is no such alert')
      const surface = chooseSurface(roles, 'alerts.read')
      const isEndpointOpen = roles.some(role => /^endpoint:Alert\.Read(Write)?\.All$/.test(role))
      return bySurface[surface === 'defender' && isEndpointOpen ? 'endpoint' : surface].get(tenantId, alertId)
    },
  }
}
