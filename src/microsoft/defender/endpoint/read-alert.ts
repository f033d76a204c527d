import { z } from 'zod'
import { comment } from '../incidents/read-comment.ts'
import type { Alert, Evidence } from '../model.ts'
import { evidenceFacts, firstOf } from '../wire/evidence-facts.ts'
import { alertFields, readAlertFields } from '../wire/read-alert.ts'
import { entity, readEntity } from '../wire/read-entity.ts'
import { elements, exactTime, id, optionalTime, text } from '../wire/wire.ts'

/** Defender for Endpoint's alert. */
export const endpointAlert = z.object({
  id,
  ...alertFields,
  threatName: text,
  alertCreationTime: exactTime,
  // Absent in older answers.
  lastUpdateTime: exactTime.nullish().catch(null),
  firstEventTime: optionalTime,
  lastEventTime: optionalTime,
  resolvedTime: optionalTime,
  machineId: text,
  computerDnsName: text,
  rbacGroupName: text,
  comments: elements(comment),
  evidence: elements(entity),
})

type Wire = z.output<typeof endpointAlert>

/** @see Defender for Endpoint, "Alert resource type" */
export function readEndpointAlert(wire: Wire, tenantId: string, portalOrigin: string): Alert {
  return {
    ...readAlertFields(wire),
    tenantId,
    id: wire.id,
    recommendedActions: null,
    serviceSource: 'microsoftDefenderForEndpoint',
    threatName: wire.threatName,
    actorName: null,
    createdAt: wire.alertCreationTime.iso,
    updatedAt: (wire.lastUpdateTime ?? wire.alertCreationTime).iso,
    resolvedAt: wire.resolvedTime,
    firstActivityAt: wire.firstEventTime,
    lastActivityAt: wire.lastEventTime,
    comments: wire.comments ?? [],
    evidence: [...deviceOf(wire), ...(wire.evidence ?? []).map(readEntity)],
    webUrl: `${portalOrigin}/alerts/${encodeURIComponent(wire.id)}?tid=${tenantId}`,
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
      facts: evidenceFacts({ group: wire.rbacGroupName }),
      deviceId: wire.machineId.toLowerCase(),
    },
  ]
}
