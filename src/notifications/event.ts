import type { Failure } from '../errors.ts'

/** Something that happened and that others may want to know: what a webhook is told. */
export type NotificationEvent =
  | FindingsEvent
  | RunFailedEvent
  | TenantLossEvent
  | TenantConnectedEvent
  | IncidentToldEvent
  | IncidentDigestEvent
  | ConfirmingEvent
  | CredentialEvent
  | AuditBrokenEvent
  | SuspensionEvent
  | ApprovalEvent
  | TestEvent

type Common = {
  /** ISO 8601, UTC */
  at: string
  /** One sentence that says all, for formats that show a text. */
  summary: string
  /** The page about it. */
  url: string
}

/** A schedule found what it had not seen before. */
export type FindingsEvent = Common & {
  type: 'schedule.findings'
  schedule: { id: string; name: string }
  query: { id: string; name: string; version: number }
  run: { id: string; dueAt: string | null; huntId: string | null }
  newRows: number
  /** Tenants with new rows, most first; muted ones and first answers are left out. */
  tenants: { tenantId: string; name: string; newRows: number }[]
  /** How much of the truth this is. */
  coverage: { asked: number; answered: number; failed: number; truncated: number }
}

/** A schedule could not run, or nobody answered it. */
export type RunFailedEvent = Common & {
  type: 'schedule.failed'
  schedule: { id: string; name: string }
  run: { id: string; dueAt: string | null; huntId: string | null }
  problem: Failure
}

/** A tenant lost its consent, its app, or permissions. */
export type TenantLossEvent = Common & {
  type: 'tenant.disconnected' | 'tenant.degraded'
  tenant: { tenantId: string; name: string }
  problem: Failure
  /** Required permissions that it does not grant now, as `surface:Role`. */
  rolesMissing: string[]
}

/** A tenant of which a loss was told is well again. */
export type TenantConnectedEvent = Common & {
  type: 'tenant.connected'
  tenant: { tenantId: string; name: string }
}

/** An incident as a message tells it. Text is the customer's: hostile. */
export type ToldIncident = {
  /** `<tenantId>:<incidentId>` */
  id: string
  tenantId: string
  tenantName: string
  incidentId: string
  title: string
  severity: string
  status: string
  assignedTo: string | null
  classification: string
  products: string[]
  /** Null until the alerts were fetched. */
  alertCount: number | null
  createdAt: string
  updatedAt: string
  /** Page in Tenantry. */
  url: string
  /** Page in the Defender portal. */
  webUrl: string | null
}

/** A rule found a new incident; or one that it told of changed. */
export type IncidentToldEvent = Common & {
  type: 'incident.created' | 'incident.updated'
  rule: { id: string; name: string }
  /** The same in all messages of this rule about this incident. */
  key: string
  /** 1 the first time, one more with each update. */
  revision: number
  incident: ToldIncident
}

/** Incidents that came in a quiet time, or faster than they are told one by one. */
export type IncidentDigestEvent = Common & {
  type: 'incident.digest'
  rule: { id: string; name: string }
  total: number
  /** At most 50, the most severe first. */
  incidents: ToldIncident[]
}

/** Somebody signed in through an open link and is not known to be an administrator: staff confirm or refuse. */
export type ConfirmingEvent = Common & {
  type: 'invitation.confirming'
  invitation: { id: string; customerName: string }
  /** User name, as Microsoft told it. */
  signedIn: string
  tenantId: string
}

/** A credential of the registration nears its end: 30, 14, 7 and 1 days before, and at the end. */
export type CredentialEvent = Common & {
  type: 'credential.expiring' | 'credential.expired'
  credential: string
  /** ISO 8601, UTC */
  expiresAt: string
}

/** Verification found that the audit was changed, or that events are missing. */
export type AuditBrokenEvent = Common & {
  type: 'audit.broken'
  /** The first event that does not hold, and why. */
  firstBroken: { id: string; reason: string }
}

/** An administrator stopped the calls to a tenant, or to all, or let them go out again. */
export type SuspensionEvent = Common & {
  type: 'suspension.started' | 'suspension.ended'
  /** Null: everything. */
  tenant: { tenantId: string; name: string } | null
  reason: string
  by: string
}

/** An act waits for a second person. */
export type ApprovalEvent = Common & {
  type: 'approval.requested'
  approval: { id: string; act: string; askedBy: string; expiresAt: string }
}

/** Somebody tries a webhook. */
export type TestEvent = Common & { type: 'test' }
