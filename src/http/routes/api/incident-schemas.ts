import { z } from 'zod'
import { tenantId, time } from './schemas.ts'

const comment = z.object({
  comment: z.string(),
  createdBy: z.string().nullable(),
  createdAt: time.nullable(),
})

const evidence = z.object({
  kind: z.string().describe('device, user, process, file, ip, url, mailbox, message, registry or other'),
  type: z.string(),
  title: z.string(),
  verdict: z.string().nullable(),
  remediation: z.string().nullable(),
  roles: z.array(z.string()),
  facts: z.record(z.string(), z.string()),
  deviceId: z.string().nullable(),
})

export const alert = z.object({
  id: z.string(),
  tenantId,
  incidentId: z.string().nullable(),
  title: z.string(),
  description: z.string().nullable(),
  recommendedActions: z.string().nullable(),
  status: z.string(),
  severity: z.string(),
  classification: z.string(),
  determination: z.string(),
  categories: z.array(z.string()),
  mitreTechniques: z.array(z.string()),
  serviceSource: z.string().nullable(),
  detectionSource: z.string().nullable(),
  investigationState: z.string().nullable(),
  threatName: z.string().nullable(),
  threatFamily: z.string().nullable(),
  actorName: z.string().nullable(),
  assignedTo: z.string().nullable(),
  createdAt: time,
  updatedAt: time,
  resolvedAt: time.nullable(),
  firstActivityAt: time.nullable(),
  lastActivityAt: time.nullable(),
  comments: z.array(comment),
  evidence: z.array(evidence),
  webUrl: z.string().nullable(),
})

/** Enum values in Graph's spelling, whichever surface answered; Microsoft may add members. */
export const incident = z.object({
  id: z.string().describe('`<tenantId>:<incidentId>`'),
  tenantId,
  tenantName: z.string(),
  incidentId: z.string().describe('Unique within the tenant only'),
  title: z.string(),
  description: z.string().nullable(),
  severity: z.string().describe('unknown, informational, low, medium or high'),
  status: z.string().describe('active, inProgress, resolved, redirected or awaitingAction'),
  assignedTo: z.string().nullable(),
  classification: z.string(),
  determination: z.string(),
  tags: z.array(z.string()),
  systemTags: z.array(z.string()).describe('Set by Microsoft'),
  alertCount: z.number().int().nullable().describe('Null where a list does not tell'),
  comments: z.array(comment),
  redirectTo: z.string().nullable().describe('Id of the incident that this one was merged into'),
  createdAt: time,
  updatedAt: time,
  webUrl: z.string().nullable(),
})

export const incidentWithAlerts = incident.extend({
  alerts: z.array(alert).nullable().describe('Null when the service could not hand them out'),
})

export const incidentChange = z.strictObject({
  status: z.enum(['active', 'inProgress', 'resolved']).optional(),
  assignedTo: z.string().trim().min(1).max(320).nullable().optional().describe('Null takes it away'),
  classification: z
    .enum(['unknown', 'falsePositive', 'truePositive', 'informationalExpectedActivity'])
    .optional(),
  determination: z
    .enum([
      'unknown',
      'apt',
      'malware',
      'securityPersonnel',
      'securityTesting',
      'unwantedSoftware',
      'other',
      'multiStagedAttack',
      'compromisedAccount',
      'phishing',
      'maliciousUserActivity',
      'notMalicious',
      'notEnoughDataToValidate',
      'confirmedActivity',
      'lineOfBusinessApplication',
    ])
    .optional()
    .describe('Only together with a classification that it fits'),
  tags: z.array(z.string().min(1).max(200)).max(100).optional().describe('Replaces the former ones'),
  comment: z.string().trim().min(1).max(1000).optional().describe('Added to the comments'),
})
