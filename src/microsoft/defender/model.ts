import type { Surface } from '../clouds/clouds.ts'

/** Values in Graph's spelling; a member that Microsoft adds later stays as text and is listed in `unfamiliar`. */
type Open<T extends string> = T | (string & {})

type IncidentStatus = 'active' | 'inProgress' | 'resolved' | 'redirected' | 'awaitingAction'
type AlertStatus = 'unknown' | 'new' | 'inProgress' | 'resolved'
type Severity = 'unknown' | 'informational' | 'low' | 'medium' | 'high'
export type Classification = 'unknown' | 'falsePositive' | 'truePositive' | 'informationalExpectedActivity'
export type Determination =
  | 'unknown'
  | 'apt'
  | 'malware'
  | 'securityPersonnel'
  | 'securityTesting'
  | 'unwantedSoftware'
  | 'other'
  | 'multiStagedAttack'
  | 'compromisedAccount'
  | 'phishing'
  | 'maliciousUserActivity'
  | 'notMalicious'
  | 'notEnoughDataToValidate'
  | 'confirmedActivity'
  | 'lineOfBusinessApplication'

export type Comment = { comment: string; createdBy: string | null; createdAt: string | null }

/** Something that an alert is about. */
export type Evidence = {
  kind: 'device' | 'user' | 'process' | 'file' | 'ip' | 'url' | 'mailbox' | 'message' | 'registry' | 'other'
  /** Graph's subtype without "Evidence", or the entity type of Defender XDR: `oauthApplication`, `mailCluster`. */
  type: string
  /** How people would call it: host name, user name, file name. Text of the customer's: hostile. */
  title: string
  /** Null where the surface does not tell. */
  verdict: Open<'unknown' | 'suspicious' | 'malicious' | 'noThreatsFound'> | null
  remediation: string | null
  roles: string[]
  /** What else is known, by name. */
  facts: Record<string, string>
  /** Device id (40 hex) of the device itself, or of the one where it was seen. */
  deviceId: string | null
}

export type Alert = {
  tenantId: string
  id: string
  incidentId: string | null
  title: string
  description: string | null
  recommendedActions: string | null
  status: Open<AlertStatus>
  severity: Open<Severity>
  classification: Open<Classification>
  determination: Open<Determination>
  categories: string[]
  mitreTechniques: string[]
  /** Product that raised it, such as `microsoftDefenderForEndpoint`. */
  serviceSource: string | null
  detectionSource: string | null
  investigationState: string | null
  threatName: string | null
  threatFamily: string | null
  actorName: string | null
  assignedTo: string | null
  /** ISO 8601 UTC, to the millisecond; so are all times below. */
  createdAt: string
  updatedAt: string
  resolvedAt: string | null
  firstActivityAt: string | null
  lastActivityAt: string | null
  comments: Comment[]
  evidence: Evidence[]
  webUrl: string | null
  /** `field: value` for values that are not in the published lists. */
  unfamiliar: string[]
  surface: Surface
}

export type Incident = {
  tenantId: string
  /** Digits; unique within the tenant only. */
  id: string
  title: string
  description: string | null
  status: Open<IncidentStatus>
  severity: Open<Severity>
  classification: Open<Classification>
  determination: Open<Determination>
  assignedTo: string | null
  /** The customer's and the partner's own. */
  tags: string[]
  /** Microsoft's. */
  systemTags: string[]
  comments: Comment[]
  /** The incident that this one was merged into. */
  redirectTo: string | null
  /** ISO 8601 UTC, to the millisecond. */
  createdAt: string
  updatedAt: string
  /** Page in the Defender portal. */
  webUrl: string | null
  /** Null where a list does not tell. */
  alertCount: number | null
  /** Null in lists, and when the service did not hand them out. */
  alerts: Alert[] | null
  /** Alerts, evidence or comments may be missing: the service did not send their lists to the end. */
  isIncomplete: boolean
  unfamiliar: string[]
  surface: Surface
}

/** What may be changed about an incident; what is absent stays. */
export type IncidentChange = {
  status?: 'active' | 'inProgress' | 'resolved'
  /** Null takes the assignment away. */
  assignedTo?: string | null
  /** On Graph only, and not promised there. */
  severity?: 'informational' | 'low' | 'medium' | 'high'
  classification?: Classification
  /** Only together with a classification that it fits. */
  determination?: Determination
  /** Replaces the former ones. */
  tags?: string[]
  /** Added to the comments. */
  comment?: string
}

/** A list that is read whole. */
export type WholeList<T> = { items: T[]; isIncomplete: boolean }
