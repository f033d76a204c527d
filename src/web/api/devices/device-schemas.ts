import { z } from 'zod'
import { failure } from '../../../errors.ts'
import { incomplete, tenantId, time } from '../schemas.ts'

const source = z
  .enum(['hunting', 'endpoint', 'both'])
  .describe(
    'hunting: Microsoft Graph’s hunting tables, which tell no risk, antivirus state or first report; endpoint: Defender for Endpoint’s API; both: hunting, completed by that API',
  )

/** A list with where it was read. */
export function sourcedListOf<T extends z.ZodType>(item: T) {
  return z.object({
    items: z.array(item),
    incomplete,
    source,
    failure: failure
      .nullable()
      .describe('Why the other source did not take part; null when it did, or is not granted'),
  })
}

export const device = z.object({
  deviceId: z.string().describe('40 hex digits; the same id as in alerts and hunting tables'),
  source,
  tenantId,
  tenantName: z.string(),
  name: z.string(),
  osPlatform: z.string().nullable(),
  osVersion: z.string().nullable(),
  osBuild: z.string().nullable(),
  health: z.string().nullable(),
  onboarding: z.string().nullable().describe('In hunting as of the last report'),
  risk: z.string().nullable().describe('Null where only hunting is open: it tells no risk'),
  exposure: z.string().nullable(),
  value: z.string().nullable(),
  group: z.string().nullable(),
  tags: z.array(z.string()),
  lastIpAddress: z.string().nullable(),
  lastExternalIpAddress: z.string().nullable(),
  ipAddresses: z.array(
    z.object({ address: z.string(), macAddress: z.string().nullable(), status: z.string().nullable() }),
  ),
  deviceType: z.string().nullable(),
  model: z.string().nullable(),
  isInternetFacing: z.boolean().nullable(),
  isIsolated: z
    .boolean()
    .nullable()
    .describe('As of the last report; the device’s actions tell it as of now'),
  entraDeviceId: z.string().nullable(),
  isEntraJoined: z.boolean().nullable(),
  antivirus: z.string().nullable(),
  agentVersion: z.string().nullable(),
  managedBy: z.string().nullable(),
  firstSeenAt: time.nullable(),
  lastSeenAt: time
    .nullable()
    .describe('The last report: about hourly in hunting, about daily on Endpoint’s API'),
  mergedInto: z.string().nullable().describe('Set when another record describes the same device'),
  webUrl: z.string().describe('Page in the Defender portal'),
})

export const deviceUser = z.object({
  account: z.string(),
  domain: z.string().nullable(),
  sid: z.string().nullable(),
  firstSeenAt: time.nullable(),
  lastSeenAt: time.nullable(),
  logonTypes: z.string().nullable(),
  isDomainAdmin: z.boolean().nullable().describe('Null where only hunting is open'),
  isOnlyNetworkUser: z.boolean().nullable(),
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
  source: z
    .enum(['endpoint', 'hunting'])
    .describe('endpoint: the device’s actions, as of now; hunting: its last report'),
})

export const actionRequest = z.strictObject({
  type: z.enum(['isolate', 'release', 'scan', 'collect']),
  comment: z.string().describe('Why, 1–1,000 characters; the customer sees it in its own portal'),
  isolation: z.enum(['full', 'selective']).optional().describe('For isolate; default full'),
  scan: z.enum(['quick', 'full']).optional().describe('For scan; default quick'),
})
