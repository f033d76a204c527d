import { z } from 'zod'
import type { JobKind } from './jobs.ts'

const nothing: z.ZodType<Record<string, never>> = z.object({}).transform(() => ({}))

/** One try of a tenant's verification. */
export const verificationJob: JobKind<{ tenantId: string; run: number }> = {
  name: 'verification',
  data: z.object({ tenantId: z.guid(), run: z.number().int() }),
  concurrency: 8,
}

/** A tenant is looked at again because a call to it failed in a way that suggests a change. */
export const recheckJob: JobKind<{ tenantId: string }> = {
  name: 'recheck',
  data: z.object({ tenantId: z.guid() }),
  concurrency: 4,
}

/** Some minutes of work on a list of tenants to connect. */
export const connectListJob: JobKind<{ id: string }> = {
  name: 'connect-list',
  data: z.object({ id: z.guid() }),
  concurrency: 2,
  expireInSeconds: 600,
}

/** One look at what became of a device action. */
export const deviceActionJob: JobKind<{ actionId: string }> = {
  name: 'device-action',
  data: z.object({ actionId: z.guid() }),
  concurrency: 4,
}

/** Every minute: daily checks that are due, verifications, lists and device actions whose process died. */
export const healthJob: JobKind<Record<string, never>> = {
  name: 'health',
  data: nothing,
  concurrency: 1,
  expireInSeconds: 600,
}

/** Every ten minutes: ends links whose time has passed, removes sessions that ended. */
export const housekeepingJob: JobKind<Record<string, never>> = {
  name: 'housekeeping',
  data: nothing,
  concurrency: 1,
}

/** Every hour: old audit events are moved to archives, and once a day the whole audit is verified. */
export const auditJob: JobKind<Record<string, never>> = {
  name: 'audit',
  data: nothing,
  concurrency: 1,
  expireInSeconds: 3600,
}

/** Every minute: evidence that was written since is compared over the tenants. */
export const sightingsJob: JobKind<Record<string, never>> = {
  name: 'sightings',
  data: nothing,
  concurrency: 1,
}

/** Every minute: saved queries whose time has come, runs and messages whose process died. */
export const scheduleClockJob: JobKind<Record<string, never>> = {
  name: 'schedule-clock',
  data: nothing,
  concurrency: 1,
}

/** One step of a schedule's run. */
export const scheduleRunJob: JobKind<{ runId: string }> = {
  name: 'schedule-run',
  data: z.object({ runId: z.guid() }),
  concurrency: 4,
  expireInSeconds: 1800,
}

/** Incidents that changed are looked at by notification rules. */
export const incidentRulesJob: JobKind<Record<string, never>> = {
  name: 'incident-rules',
  data: nothing,
  concurrency: 1,
}

/** One try to deliver a message of a notification rule. */
export const ruleDeliveryJob: JobKind<{ deliveryId: string }> = {
  name: 'rule-delivery',
  data: z.object({ deliveryId: z.guid() }),
  concurrency: 8,
}

/** One try to deliver a message to a webhook. */
export const webhookDeliveryJob: JobKind<{ deliveryId: string }> = {
  name: 'webhook-delivery',
  data: z.object({ deliveryId: z.guid() }),
  concurrency: 8,
}
