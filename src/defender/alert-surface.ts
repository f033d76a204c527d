import type { IncidentFilter } from './incident-surface.ts'
import type { Alert, Page } from './model.ts'

/** Alerts on one surface. */
export type AlertSurface = {
  list(
    tenantId: string,
    filter: IncidentFilter,
    limit: number,
    cursor: string | null | undefined,
  ): Promise<Page<Alert>>
  get(tenantId: string, alertId: string): Promise<Alert>
}
