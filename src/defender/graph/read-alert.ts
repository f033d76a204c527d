import { z } from 'zod'
import {
  alertStatuses,
  camelCase,
  classifications,
  createNameReader,
  determinations,
  severities,
  sourceName,
} from '../members.ts'
import type { Alert } from '../model.ts'
import { comment } from '../read-comment.ts'
import { exactTime, id, optionalId, optionalTime, text, texts } from '../wire.ts'
import { evidence, readEvidence } from './read-evidence.ts'

/** Graph's `alert` of `alerts_v2`. */
export const graphAlert = z.object({
  id,
  incidentId: optionalId,
  title: text,
  description: text,
  recommendedActions: text,
  status: text,
  severity: text,
  classification: text,
  determination: text,
  serviceSource: text,
  detectionSource: text,
  investigationState: text,
  category: text,
  categories: texts,
  mitreTechniques: texts,
  assignedTo: text,
  actorDisplayName: text,
  threatDisplayName: text,
  threatFamilyName: text,
  alertWebUrl: text,
  createdDateTime: exactTime,
  lastUpdateDateTime: exactTime,
  resolvedDateTime: optionalTime,
  firstActivityDateTime: optionalTime,
  lastActivityDateTime: optionalTime,
  comments: z.array(comment).nullish(),
  evidence: z.array(evidence).nullish(),
})

/** @see Microsoft Graph, "alert resource type" (microsoft.graph.security) */
export function readGraphAlert(wire: z.output<typeof graphAlert>, tenantId: string): Alert {
  const names = createNameReader()
  return {
    tenantId,
    id: wire.id,
    incidentId: wire.incidentId,
    title: wire.title ?? 'Untitled alert',
    description: wire.description,
    recommendedActions: wire.recommendedActions,
    status: names.read('status', wire.status, alertStatuses, 'unknown'),
    severity: names.read('severity', wire.severity, severities, 'unknown'),
    classification: names.read('classification', wire.classification, classifications, 'unknown'),
    determination: names.read('determination', wire.determination, determinations, 'unknown'),
    categories: wire.categories.length > 0 ? wire.categories : wire.category === null ? [] : [wire.category],
    mitreTechniques: wire.mitreTechniques,
    serviceSource: sourceName(wire.serviceSource),
    detectionSource: sourceName(wire.detectionSource),
    investigationState: wire.investigationState && camelCase(wire.investigationState),
    threatName: wire.threatDisplayName,
    threatFamily: wire.threatFamilyName,
    actorName: wire.actorDisplayName,
    assignedTo: wire.assignedTo,
    createdAt: wire.createdDateTime.iso,
    updatedAt: wire.lastUpdateDateTime.iso,
    resolvedAt: wire.resolvedDateTime,
    firstActivityAt: wire.firstActivityDateTime,
    lastActivityAt: wire.lastActivityDateTime,
    comments: wire.comments ?? [],
    evidence: (wire.evidence ?? []).map(readEvidence),
    webUrl: wire.alertWebUrl,
    unfamiliar: names.unfamiliar,
    surface: 'graph',
  }
}
