import { z } from 'zod'
import { facts, firstOf } from '../facts.ts'
import type { Alert, Evidence } from '../model.ts'
import { alertFields, readAlertFields } from '../read-alert.ts'
import { comment } from '../read-comment.ts'
import { entity, readEntity } from '../read-entity.ts'
import { exactTime, id, optionalTime, text } from '../wire.ts'

/** Defender for Endpoint's alert. */
export const endpointAlert = z.object({
  id,
  ...alertFields,
  threatName: text,
  alertCreationTime: exactTime,
  // Absent in older answers.
  lastUpdateTime: exactTime.nullish(),
  firstEventTime: optionalTime,
  lastEventTime: optionalTime,
  resolvedTime: optionalTime,
  machineId: text,
  computerDnsName: text,
  rbacGroupName: text,
  comments: z.array(comment).nullish(),
  evidence: z.array(entity).nullish(),
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
      facts: facts({ group: wire.rbacGroupName }),
      deviceId: wire.machineId.toLowerCase(),
    },
  ]
}
