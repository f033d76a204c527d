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
import { graphAlert, readGraphAlert } from './read-alert.ts'

/** Graph's `incident`. */
export const graphIncident = z.object({
  id,
  tenantId: text,
  displayName: text,
  description: text,
  status: text,
  severity: text,
  classification: text,
  determination: text,
  assignedTo: text,
  redirectIncidentId: optionalId,
  incidentWebUrl: text,
  createdDateTime: exactTime,
  lastUpdateDateTime: exactTime,
  customTags: texts,
  systemTags: texts,
  comments: elements(comment),
  alerts: elements(graphAlert),
})

/** @see Microsoft Graph, "incident resource type" (microsoft.graph.security) */
export function readGraphIncident(wire: z.output<typeof graphIncident>, tenantId: string): Incident {
  const names = createNameReader()
  return {
    tenantId,
    id: wire.id,
    title: wire.displayName ?? 'Untitled incident',
    description: wire.description,
    status: names.read('status', wire.status, incidentStatuses, 'active'),
    severity: names.read('severity', wire.severity, severities, 'unknown'),
    classification: names.read('classification', wire.classification, classifications, 'unknown'),
    determination: names.read('determination', wire.determination, determinations, 'unknown'),
    assignedTo: wire.assignedTo,
    tags: wire.customTags,
    systemTags: wire.systemTags,
    comments: wire.comments ?? [],
    redirectTo: wire.redirectIncidentId,
    createdAt: wire.createdDateTime.iso,
    updatedAt: wire.lastUpdateDateTime.iso,
    webUrl: wire.incidentWebUrl,
    alertCount: wire.alerts?.length ?? null,
    alerts: wire.alerts?.map(alert => readGraphAlert(alert, tenantId)) ?? null,
    isIncomplete: false,
    unfamiliar: names.unfamiliar,
    surface: 'graph',
  }
}
