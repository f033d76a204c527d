import type { Account } from './accounts.ts'
import type { Device } from './devices.ts'
import type { FileImage } from './images.ts'
import type { Ticks } from './ticks.ts'

/**
 * Incidents and alerts as the simulator keeps them: one shape, in Graph's spelling, from which each surface
 * writes its own.
 */
export type Severity = 'informational' | 'low' | 'medium' | 'high'

export type IncidentStatus = 'active' | 'inProgress' | 'resolved' | 'redirected' | 'awaitingAction'
export type AlertStatus = 'new' | 'inProgress' | 'resolved'
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

export type Comment = { comment: string; createdBy: string; created: Ticks }

export type ServiceSource =
  | 'microsoftDefenderForEndpoint'
  | 'microsoftDefenderForIdentity'
  | 'microsoftDefenderForCloudApps'
  | 'microsoftDefenderForOffice365'
  | 'microsoft365Defender'
  | 'azureAdIdentityProtection'
  | 'microsoftSentinel'

export type DetectionSource =
  | 'microsoftDefenderForEndpoint'
  | 'antivirus'
  | 'smartScreen'
  | 'microsoftDefenderForOffice365'
  | 'microsoftDefenderForIdentity'
  | 'cloudAppSecurity'
  | 'microsoft365Defender'
  | 'azureAdIdentityProtection'
  | 'customDetection'
  | 'automatedInvestigation'
  | 'scheduledAlerts'

export type EvidenceRole =
  | 'compromised'
  | 'attacked'
  | 'attacker'
  | 'source'
  | 'destination'
  | 'suspicious'
  | 'contextual'
type Verdict = 'unknown' | 'suspicious' | 'malicious' | 'noThreatsFound'
type Remediation = 'none' | 'remediated' | 'prevented' | 'blocked' | 'active' | 'pendingApproval'

/** A process as events and evidence refer to it. */
export type ProcessFact = {
  device: Device
  image: FileImage
  id: number
  commandLine: string
  created: Ticks
  account: Account
  integrity: 'Low' | 'Medium' | 'High' | 'System'
  logonId: number
  parent: ProcessFact | null
}

export type MessageFact = {
  networkMessageId: string
  internetMessageId: string
  subject: string
  recipient: Account
  senderAddress: string
  senderName: string
  senderIp: string
  received: Ticks
  urls: string[]
  attachments: FileImage[]
  threats: string[]
  deliveryAction: 'Delivered' | 'Blocked' | 'Junked'
}

type EvidenceKind =
  | { kind: 'device'; device: Device }
  | { kind: 'user'; account: Account }
  | { kind: 'process'; process: ProcessFact }
  | { kind: 'file'; device: Device | null; file: FileImage }
  | { kind: 'ip'; address: string; country: string }
  | { kind: 'url'; url: string }
  | { kind: 'mailbox'; account: Account }
  | { kind: 'message'; message: MessageFact }
  | { kind: 'registry'; device: Device; hive: string; key: string; name: string; data: string }
  | { kind: 'cloudApp'; appId: number; name: string }
  | { kind: 'oauthApp'; appId: string; objectId: string; name: string; publisher: string }

export type Evidence = EvidenceKind & { role: EvidenceRole; verdict: Verdict; remediation: Remediation }

export type Alert = {
  id: string
  title: string
  description: string
  recommendedActions: string
  severity: Severity
  status: AlertStatus
  classification: Classification | null
  determination: Determination | null
  serviceSource: ServiceSource
  detectionSource: DetectionSource
  detectorId: string
  category: string
  techniques: string[]
  assignedTo: string | null
  actor: string | null
  threatName: string | null
  threatFamily: string | null
  investigationState: string
  investigationId: number | null
  created: Ticks
  lastUpdate: Ticks
  resolved: Ticks | null
  firstActivity: Ticks
  lastActivity: Ticks
  comments: Comment[]
  evidence: Evidence[]
}

export type Incident = {
  id: number
  redirectTo: number | null
  name: string
  description: string | null
  summary: string | null
  severity: Severity
  priorityScore: number
  status: IncidentStatus
  classification: Classification
  determination: Determination
  assignedTo: string | null
  customTags: string[]
  systemTags: string[]
  comments: Comment[]
  created: Ticks
  lastUpdate: Ticks
  resolvingComment: string | null
  lastModifiedBy: string
  alerts: Alert[]
}
