import { z } from 'zod'
import { sourceName } from '../members.ts'
import type { Alert } from '../model.ts'
import { alertFields, readAlertFields } from '../read-alert.ts'
import { comment } from '../read-comment.ts'
import { exactTime, id, optionalTime, text, texts } from '../wire.ts'
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
  comments: z.array(comment).nullish(),
  evidence: z.array(evidence).nullish(),
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
