import type { Failure } from '../../errors.ts'

export const severities = ['high', 'medium', 'low', 'informational'] as const
export type RuleSeverity = (typeof severities)[number]

/** Where a rule tells. */
export type TargetDraft =
  /** In the console: to its owner, or to everybody who may see the tenant. */
  | { kind: 'console'; address: 'owner' | 'everyone' }
  | { kind: 'email'; address: string }
  /** A webhook of the settings, whatever its format: its id. */
  | { kind: 'webhook'; address: string }

/** No message in this time of the day, but in the console. It may reach over midnight. */
export type QuietTime = {
  /** `HH:MM` */
  from: string
  until: string
  /** Whether incidents of high severity are told all the same. */
  exceptHigh: boolean
}

/** Which new incidents are told, and where. */
export type RuleDraft = {
  name: string
  /** Empty: any. */
  severities: RuleSeverity[]
  /** Service source of an alert, such as `microsoftDefenderForEndpoint`. */
  product: string | null
  /** Beginnings of words of the title; all of them. */
  words: string | null
  tenants: 'all' | { tag: string } | string[]
  /** IANA name, for the quiet time. */
  timeZone: string
  quiet: QuietTime | null
  targets: TargetDraft[]
}

export type RuleConditions = Pick<RuleDraft, 'severities' | 'product' | 'words' | 'tenants'>

export type TargetView = TargetDraft & {
  id: string
  /** What people call it: the address, the webhook's name. */
  label: string
  /** Of a webhook its format; null for others. */
  format: string | null
}

export type RuleView = Omit<RuleDraft, 'targets'> & {
  id: string
  enabled: boolean
  owner: string
  /** Whether the actor is the owner. */
  isOwn: boolean
  /** Incidents created before are not told. */
  activeSince: string
  createdAt: string
  updatedAt: string
  targets: TargetView[]
  /** Why it tells nothing although it is on: its owner is gone. */
  problem: Failure | null
  lastDelivery: RuleDeliveryView | null
}

export const deliveryStatuses = ['pending', 'delivered', 'failed', 'dropped'] as const

export type RuleDeliveryView = {
  id: string
  kind: 'incident' | 'digest' | 'test'
  /** `dropped`: there was nothing left to tell. */
  status: (typeof deliveryStatuses)[number]
  target: TargetView
  /** Those that the actor may see, at most five; `incidentCount` counts all of these. */
  incidents: { id: string; title: string; tenantName: string }[]
  incidentCount: number
  /** How often it was delivered: the first time, then each update. */
  revision: number
  attempts: number
  /** When it is tried again, or not before. */
  nextAttemptAt: string | null
  /** What the channel said. */
  answer: string | null
  failure: Failure | null
  durationMs: number | null
  createdAt: string
  deliveredAt: string | null
}

/** What a try to tell came to. */
export type ChannelOutcome = {
  isDelivered: boolean
  /** Whether the same message can succeed later. */
  isWorthRepeating: boolean
  retryAfterSeconds: number | null
  /** What the channel said, shortened. */
  answer: string | null
  failure: Failure | null
  durationMs: number
}

/** Messages about single incidents to one target within an hour; what comes beyond is gathered in a digest. */
export const singlesPerHour = 20
/** How long a digest gathers. */
export const digestMinutes = 10
/** Between two messages by e-mail or webhook about one incident: what changes meanwhile is told together. */
export const updatePauseSeconds = 120
/** How long a message waits for the incident's alerts, which name product and evidence. */
export const alertsWaitSeconds = 30
export const mostTargets = 20
export const mostRulesPerOwner = 100
