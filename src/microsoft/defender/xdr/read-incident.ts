import { z } from 'zod'
import { comment } from '../incidents/read-comment.ts'
import type { Incident } from '../model.ts'
import {
  classifications,
  createNameReader,
  determinations,
  incidentStatuses,
  severities,
} from '../wire/members.ts'
import { elements, exactTime, id, optionalId, text, texts } from '../wire/wire.ts'
import { readXdrAlert, xdrAlert } from './read-alert.ts'

/** Defender XDR's incident. */
export const xdrIncident = z.object({
  incidentId: id,
  redirectIncidentId: optionalId,
  incidentName: text,
  description: text,
  createdTime: exactTime,
  lastUpdateTime: exactTime,
  assignedTo: text,
  classification: text,
  determination: text,
  status: text,
  severity: text,
  tags: texts,
  comments: elements(comment),
  incidentUri: text,
  alerts: elements(xdrAlert),
})

/**
 * @param portalOrigin where web links lead; this API hands out none
 * @see Defender XDR, "List incidents API"
 */
export function readXdrIncident(
  wire: z.output<typeof xdrIncident>,
  tenantId: string,
  portalOrigin: string,
): Incident {
  const names = createNameReader()
  const alerts = wire.alerts ?? []
  return {
    tenantId,
    id: wire.incidentId,
    title: wire.incidentName ?? 'Untitled incident',
    description: wire.description,
    status: names.read('status', wire.status, incidentStatuses, 'active'),
    severity: names.read('severity', wire.severity, severities, 'unknown'),
    classification: names.read('classification', wire.classification, classifications, 'unknown'),
    determination: names.read('determination', wire.determination, determinations, 'unknown'),
    assignedTo: wire.assignedTo,
    tags: wire.tags,
    systemTags: [],
    comments: wire.comments ?? [],
    redirectTo: wire.redirectIncidentId,
    createdAt: wire.createdTime.iso,
    updatedAt: wire.lastUpdateTime.iso,
    webUrl: wire.incidentUri ?? `${portalOrigin}/incident2/${wire.incidentId}/overview?tid=${tenantId}`,
    alertCount: alerts.length,
    alerts: alerts.map(alert => readXdrAlert(alert, tenantId, portalOrigin)),
    isIncomplete: false,
    unfamiliar: names.unfamiliar,
    surface: 'defender',
  }
}
