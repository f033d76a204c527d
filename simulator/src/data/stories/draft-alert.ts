import type { Alert, DetectionSource, Evidence, ServiceSource, Severity } from '../alert-model.ts'
import type { Random } from '../random.ts'
import type { Ticks } from '../ticks.ts'

/** What a story says of an alert; the rest is as for any new one. */
export type AlertDraft = {
  title: string
  description: string
  severity: Severity
  category: string
  techniques: string[]
  evidence: Evidence[]
  service?: ServiceSource
  detection?: DetectionSource
  actions?: string
  threat?: { name: string; family: string }
  actor?: string
  investigation?: string
}

/** The first letters of an alert's id tell its source. */
const idPrefix: Record<ServiceSource, string> = {
  microsoftDefenderForEndpoint: 'da',
  microsoftDefenderForOffice365: 'fa',
  microsoftDefenderForIdentity: 'aa',
  microsoftDefenderForCloudApps: 'ca',
  azureAdIdentityProtection: 'ad',
  microsoft365Defender: 'ra',
  microsoftSentinel: 'sn',
}

/** The alert as it is raised: nobody has looked at it yet. */
export function raisedAlert(
  draft: AlertDraft,
  times: { first: Ticks; last: Ticks; raised: Ticks },
  random: Random,
): Alert {
  const service = draft.service ?? 'microsoftDefenderForEndpoint'
  return {
    id: alertId(service, times.raised, random),
    title: draft.title,
    description: draft.description,
    recommendedActions:
      draft.actions ??
      'Check what else the account and the device did around that time.\nContain them if it was not expected.',
    severity: draft.severity,
    status: 'new',
    classification: null,
    determination: null,
    serviceSource: service,
    detectionSource: draft.detection ?? 'microsoftDefenderForEndpoint',
    detectorId: random.guid(),
    category: draft.category,
    techniques: draft.techniques,
    assignedTo: null,
    actor: draft.actor ?? null,
    threatName: draft.threat?.name ?? null,
    threatFamily: draft.threat?.family ?? null,
    investigationState: draft.investigation ?? 'queued',
    investigationId: draft.investigation === undefined ? null : random.int(100, 9_999),
    created: times.raised,
    lastUpdate: times.raised,
    resolved: null,
    firstActivity: times.first,
    lastActivity: times.last,
    comments: [],
    evidence: draft.evidence,
  }
}

function alertId(service: ServiceSource, at: Ticks, random: Random): string {
  const number = random.int(-2_000_000_000, 2_000_000_000)
  // The long number is .NET's tick count, 62,135,596,800 s ahead of the Unix epoch.
  return `${idPrefix[service]}${at + 621_355_968_000_000_000n}_${number}`
}
