import { z } from 'zod'
import { facts, firstOf } from '../facts.ts'
import {
  alertStatuses,
  camelCase,
  classifications,
  createNameReader,
  determinations,
  severities,
  sourceName,
} from '../members.ts'
import type { Alert, Evidence } from '../model.ts'
import { comment } from '../read-comment.ts'
import { entity, readEntity } from '../read-entity.ts'
import { exactTime, id, optionalId, optionalTime, text, texts } from '../wire.ts'

/** Defender for Endpoint's alert. */
export const endpointAlert = z.object({
  id,
  incidentId: optionalId,
  assignedTo: text,
  severity: text,
  status: text,
  classification: text,
  determination: text,
  investigationState: text,
  detectionSource: text,
  category: text,
  threatFamilyName: text,
  threatName: text,
  title: text,
  description: text,
  alertCreationTime: exactTime,
  // Absent in older answers.
  lastUpdateTime: exactTime.nullish(),
  firstEventTime: optionalTime,
  lastEventTime: optionalTime,
  resolvedTime: optionalTime,
  machineId: text,
  computerDnsName: text,
  rbacGroupName: text,
  mitreTechniques: texts,
  comments: z.array(comment).nullish(),
  evidence: z.array(entity).nullish(),
})

type Wire = z.output<typeof endpointAlert>

/** @see Defender for Endpoint, "Alert resource type" */
export function readEndpointAlert(wire: Wire, tenantId: string, portalOrigin: string): Alert {
  const names = createNameReader()
  return {
    tenantId,
    id: wire.id,
    incidentId: wire.incidentId,
    title: wire.title ?? 'Untitled alert',
    description: wire.description,
    recommendedActions: null,
    status: names.read('status', wire.status, alertStatuses, 'unknown'),
    severity: names.read('severity', wire.severity, severities, 'unknown'),
    classification: names.read('classification', wire.classification, classifications, 'unknown'),
    determination: names.read('determination', wire.determination, determinations, 'unknown'),
    categories: wire.category === null ? [] : [wire.category],
    mitreTechniques: wire.mitreTechniques,
    serviceSource: 'microsoftDefenderForEndpoint',
    detectionSource: sourceName(wire.detectionSource),
    investigationState: wire.investigationState && camelCase(wire.investigationState),
    threatName: wire.threatName,
    threatFamily: wire.threatFamilyName,
    actorName: null,
    assignedTo: wire.assignedTo,
    createdAt: wire.alertCreationTime.iso,
    updatedAt: (wire.lastUpdateTime ?? wire.alertCreationTime).iso,
    resolvedAt: wire.resolvedTime,
    firstActivityAt: wire.firstEventTime,
    lastActivityAt: wire.lastEventTime,
    comments: wire.comments ?? [],
    evidence: [...deviceOf(wire), ...(wire.evidence ?? []).map(readEntity)],
    webUrl: `${portalOrigin}/alerts/${encodeURIComponent(wire.id)}?tid=${tenantId}`,
    unfamiliar: names.unfamiliar,
    surface: 'endpoint',
  }
}

function deviceOf(wire: Wire): Evidence[] {
  if (wire.machineId === null) return []
  return [
    {
      kind: 'device',
      type: 'device',
      title: firstOf(wire.computerDnsName, 'unnamed device'),
      verdict: null,
      remediation: null,
      roles: [],
      facts: facts({ group: wire.rbacGroupName }),
      deviceId: wire.machineId.toLowerCase(),
    },
  ]
}
