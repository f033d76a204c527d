import { z } from 'zod'
import { classifications, determinations } from '../../../microsoft/defender/index.ts'
import { tenantId, time } from '../schemas.ts'

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
  products: z.array(z.string()).describe('Service sources of its alerts'),
  categories: z.array(z.string()),
  techniques: z.array(z.string()).describe('MITRE ATT&CK'),
  alertCount: z.number().int().nullable().describe('Null until the alerts were fetched'),
  redirectTo: z.string().nullable().describe('Id of the incident that this one was merged into'),
  createdAt: time,
  updatedAt: time,
  deletedAt: time.nullable().describe('When Microsoft was found not to have it any more'),
  webUrl: z.string().nullable(),
})

export const incidentDetail = incident.extend({
  comments: z.array(comment),
  alerts: z.array(alert).nullable().describe('Null until they were fetched'),
  incomplete: z.boolean().describe('Some of the alerts could not be read'),
  entities: z
    .array(
      z.object({
        kind: z.string(),
        value: z.string().describe('As the `entity` filter takes it'),
        label: z.string(),
        firstSeenAt: time,
        lastSeenAt: time,
      }),
    )
    .describe('What the evidence names'),
  activity: z
    .array(
      z.object({
        at: time,
        kind: z.enum(['created', 'changed', 'commented', 'merged', 'deleted']),
        source: z.enum(['tenantry', 'microsoft']),
        actor: z.string().nullable(),
        changes: z.array(z.object({ field: z.string(), from: z.unknown(), to: z.unknown() })),
        comment: z.string().nullable(),
      }),
    )
    .describe('Newest first'),
  mergedFrom: z.array(z.string()).describe('Ids of incidents that were merged into this one'),
  mergedInto: z.string().nullable().describe('Where the chain of mergers ends'),
})

const counted = z.array(z.object({ value: z.string(), count: z.number().int() }))

export const incidentCounts = z.object({
  total: z.number().int(),
  exact: z
    .boolean()
    .describe('False: more fit than are counted one by one; the numbers are of the newest ones'),
  severity: z.record(z.string(), z.number().int()),
  status: z.record(z.string(), z.number().int()),
  assignedTo: counted.describe('Most first, as below; `none` for nobody'),
  tenant: z.array(z.object({ tenantId, tenantName: z.string(), count: z.number().int() })),
  product: counted,
  category: counted,
  technique: counted,
})

export const syncSummary = z.object({
  tenants: z.number().int(),
  current: z.number().int().describe('Tenants whose incidents are at most five minutes old here'),
  oldestSyncedAt: time.nullable(),
})

export const incidentChange = z.strictObject({
  status: z.enum(['active', 'inProgress', 'resolved']).optional(),
  assignedTo: z.string().trim().min(1).max(320).nullable().optional().describe('Null takes it away'),
  severity: z.enum(['informational', 'low', 'medium', 'high']).optional().describe('On Microsoft Graph only'),
  classification: z.enum(classifications.canonical).optional(),
  determination: z
    .enum(determinations.canonical)
    .optional()
    .describe('Only together with a classification that it fits'),
  tags: z.array(z.string().min(1).max(200)).max(100).optional().describe('Replaces the former ones'),
  comment: z.string().trim().min(1).max(1000).optional().describe('Added to the comments'),
})
