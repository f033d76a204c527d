import { z } from 'zod'
import { failure, tenantId, time } from './schemas.ts'

export const device = z.object({
  deviceId: z.string().describe('40 hex digits; the same id as in alerts and hunting tables'),
  tenantId,
  tenantName: z.string(),
  name: z.string(),
  osPlatform: z.string().nullable(),
  osVersion: z.string().nullable(),
  osBuild: z.string().nullable(),
  health: z.string().nullable(),
  onboarding: z.string().nullable(),
  risk: z.string().nullable(),
  exposure: z.string().nullable(),
  value: z.string().nullable(),
  group: z.string().nullable(),
  tags: z.array(z.string()),
  lastIpAddress: z.string().nullable(),
  lastExternalIpAddress: z.string().nullable(),
  ipAddresses: z.array(
    z.object({ address: z.string(), macAddress: z.string().nullable(), status: z.string().nullable() }),
  ),
  entraDeviceId: z.string().nullable(),
  isEntraJoined: z.boolean().nullable(),
  antivirus: z.string().nullable(),
  agentVersion: z.string().nullable(),
  managedBy: z.string().nullable(),
  firstSeenAt: time.nullable(),
  lastSeenAt: time.nullable().describe('The last full report, about daily'),
  mergedInto: z.string().nullable().describe('Set when another record describes the same device'),
})

export const deviceUser = z.object({
  account: z.string(),
  domain: z.string().nullable(),
  sid: z.string().nullable(),
  firstSeenAt: time.nullable(),
  lastSeenAt: time.nullable(),
  logonTypes: z.string().nullable(),
  isDomainAdmin: z.boolean(),
  isOnlyNetworkUser: z.boolean(),
})

export const deviceAction = z.object({
  id: z.string().nullable().describe('Null for an action that was asked for elsewhere'),
  remoteId: z.string().nullable().describe('Machine action id at Defender for Endpoint, once it is known'),
  tenantId,
  deviceId: z.string(),
  deviceName: z.string(),
  type: z.string().describe('isolate, release, scan, collect, or the service’s name of another action'),
  status: z
    .string()
    .describe(
      'requested, pending, in_progress, succeeded, failed, timed_out, canceled; unknown while it is looked up whether a lost request arrived',
    ),
  scope: z.string().nullable().describe('full, selective or quick'),
  comment: z.string(),
  requestedBy: z.string(),
  source: z.enum(['tenantry', 'elsewhere']),
  createdAt: time,
  updatedAt: time,
  finishedAt: time.nullable(),
  error: failure.nullable(),
  undo: z.string().nullable().describe('Type of the action that would take this one back'),
})

export const isolation = z.object({
  state: z.enum(['isolated', 'not_isolated', 'isolating', 'releasing']),
  since: time.nullable(),
  actionId: z.string().nullable(),
})

export const actionRequest = z.strictObject({
  type: z.enum(['isolate', 'release', 'scan', 'collect']),
  comment: z.string().describe('Why, 1–1,000 characters; the customer sees it in its own portal'),
  isolation: z.enum(['full', 'selective']).optional().describe('For isolate; default full'),
  scan: z.enum(['quick', 'full']).optional().describe('For scan; default quick'),
})
