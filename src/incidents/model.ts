import type { Alert, Comment } from '../microsoft/defender/index.ts'

/** What a queue is narrowed by; all that is given must hold. */
export type IncidentFilters = {
  /** Ids of ours; one of them. What is no id of ours fits nothing. */
  ids?: readonly string[]
  /** Tenant ids; one of them. */
  tenants?: readonly string[]
  /** Tag of the tenant. */
  tag?: string
  /** In Graph's spelling; one of them. */
  severities?: readonly string[]
  /** In Graph's spelling; one of them. Merged incidents are in the queue only when `redirected` is asked for. */
  statuses?: readonly string[]
  /** User name in any case; null: those that nobody is assigned to. */
  assignedTo?: string | null
  /** Service source of an alert, such as `microsoftDefenderForEndpoint`. */
  product?: string
  /** Category of an alert, such as `CredentialAccess`. */
  category?: string
  /** MITRE technique of an alert; `T1003` includes `T1003.001`. */
  technique?: string
  /** Tag of the incident itself. */
  incidentTag?: string
  /** Something in the evidence, as `readEntity` makes it; without a kind it is looked for among all kinds. */
  entity?: { kind: string | null; value: string }
  /** ISO 8601 UTC */
  createdSince?: string
  updatedSince?: string
  /** Beginnings of words of the title, or the number; all of them. */
  search?: string
  /** Those that Microsoft deleted instead of those in the queue. */
  isDeleted?: boolean
}

/** Statuses of incidents that somebody may still have to work on. */
export const openStatuses = ['active', 'inProgress', 'awaitingAction'] as const

export const incidentSorts = ['-updatedAt', '-createdAt', '-severity'] as const
export type IncidentSort = (typeof incidentSorts)[number]

/** Contract shape of an incident in lists; times are ISO 8601 UTC, enum values in Graph's spelling. Text is the customer's: hostile. */
export type IncidentView = {
  /** `<tenantId>:<incidentId>` */
  id: string
  tenantId: string
  tenantName: string
  /** Unique within the tenant only. */
  incidentId: string
  title: string
  description: string | null
  severity: string
  status: string
  assignedTo: string | null
  classification: string
  determination: string
  tags: string[]
  systemTags: string[]
  products: string[]
  categories: string[]
  techniques: string[]
  /** Null until the alerts were fetched. */
  alertCount: number | null
  /** Id of the incident that this one was merged into. */
  redirectTo: string | null
  createdAt: string
  updatedAt: string
  /** When Microsoft was found not to have it any more. */
  deletedAt: string | null
  /** https, or null. */
  webUrl: string | null
}

/** What happened to an incident. */
export type ActivityView = {
  at: string
  kind: 'created' | 'changed' | 'commented' | 'merged' | 'deleted'
  /** By staff through Tenantry, or at Microsoft as the synchronisation saw it. */
  source: 'tenantry' | 'microsoft'
  actor: string | null
  changes: { field: string; from: unknown; to: unknown }[]
  comment: string | null
}

/** Something in the evidence of an incident, for pivots. */
export type EntityView = {
  kind: string
  /** As the `entity` filter takes it. */
  value: string
  /** As it was written. */
  label: string
  firstSeenAt: string
  lastSeenAt: string
}

/** One incident with all that is known here. */
export type IncidentDetail = IncidentView & {
  comments: Comment[]
  /** Oldest first; null until they were fetched. */
  alerts: Alert[] | null
  /** Some of the alerts could not be read. */
  isIncomplete: boolean
  entities: EntityView[]
  /** Newest first. */
  activity: ActivityView[]
  /** Ids of incidents that were merged into this one. */
  mergedFrom: string[]
  /** Where the chain of mergers ends; null when it was not merged. */
  mergedInto: string | null
}

export type ValueCount = { value: string; count: number }

/** How many incidents have which value, over all that the filters leave. */
export type IncidentCounts = {
  /** False when more fit than are counted one by one: then all numbers are of the newest ones. */
  isExact: boolean
  total: number
  severity: Record<string, number>
  status: Record<string, number>
  /** User names, and `none`; most first, as are all below. */
  assignedTo: ValueCount[]
  tenant: { tenantId: string; tenantName: string; count: number }[]
  product: ValueCount[]
  category: ValueCount[]
  technique: ValueCount[]
}
