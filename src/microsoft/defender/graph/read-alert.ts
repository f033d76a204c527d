import { z } from 'zod'
import { comment } from '../incidents/read-comment.ts'
import type { Alert } from '../model.ts'
import { sourceName } from '../wire/members.ts'
import { alertFields, readAlertFields } from '../wire/read-alert.ts'
import { elements, exactTime, id, optionalTime, text, texts } from '../wire/wire.ts'
import { evidence, readEvidence } from './read-evidence.ts'

/** Graph's `alert` of `alerts_v2`. */
export const graphAlert = z.object({
  id,
  ...alertFields,
  recommendedActions: text,
  serviceSource: text,
  categories: texts,
  actorDisplayName: text,
  threatDisplayName: text,
  alertWebUrl: text,
  createdDateTime: exactTime,
  lastUpdateDateTime: exactTime,
  resolvedDateTime: optionalTime,
  firstActivityDateTime: optionalTime,
  lastActivityDateTime: optionalTime,
  comments: elements(comment),
  evidence: elements(evidence),
})

/** @see Microsoft Graph, "alert resource type" (microsoft.graph.security) */
export function readGraphAlert(wire: z.output<typeof graphAlert>, tenantId: string): Alert {
  return {
    ...readAlertFields(wire),
    tenantId,
    id: wire.id,
    recommendedActions: wire.recommendedActions,
    ...(wire.categories.length > 0 ? { categories: wire.categories } : {}),
    serviceSource: sourceName(wire.serviceSource),
    threatName: wire.threatDisplayName,
    actorName: wire.actorDisplayName,
    createdAt: wire.createdDateTime.iso,
    updatedAt: wire.lastUpdateDateTime.iso,
    resolvedAt: wire.resolvedDateTime,
    firstActivityAt: wire.firstActivityDateTime,
    lastActivityAt: wire.lastActivityDateTime,
    comments: wire.comments ?? [],
    evidence: (wire.evidence ?? []).map(readEvidence),
    webUrl: wire.alertWebUrl,
    surface: 'graph',
  }
}
