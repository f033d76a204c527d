import type { ActivityView, IncidentDetail } from '../../../incidents/model.ts'
import type { Alert, Comment } from '../../../microsoft/defender/index.ts'
import { formats } from '../../formats.ts'
import { classificationName, determinationName, productName, statusName, techniqueName } from './words.ts'

/** An alert as the story of an incident tells it. */
export type StoryAlert = {
  id: string
  title: string
  severity: string
  status: string
  at: string
  until: string | null
  product: string | null
  /** Categories and techniques. */
  tactics: string
  description: string | null
  recommendedActions: string | null
  threat: string | null
  evidence: { kind: string; title: string; verdict: string | null; remediation: string | null }[]
  webUrl: string | null
}

const shownEvidence = 8

/** The alerts in the order of their first activity; null until they were fetched. */
export function storyOf(alerts: IncidentDetail['alerts']): StoryAlert[] | null {
  if (alerts === null) return null
  const start = (alert: Alert) => alert.firstActivityAt ?? alert.createdAt
  return alerts.toSorted((one, other) => start(one).localeCompare(start(other))).map(toStory)
}

function toStory(alert: Alert): StoryAlert {
  return {
    id: alert.id,
    title: alert.title,
    severity: alert.severity,
    status: alert.status,
    at: alert.firstActivityAt ?? alert.createdAt,
    until: alert.lastActivityAt === alert.firstActivityAt ? null : alert.lastActivityAt,
    product: alert.serviceSource === null ? null : productName(alert.serviceSource),
    tactics: [...alert.categories.map(formats.words), ...alert.mitreTechniques.map(techniqueName)].join(', '),
    description: alert.description,
    recommendedActions: alert.recommendedActions,
    threat: alert.threatName ?? alert.threatFamily,
    evidence: alert.evidence.slice(0, shownEvidence).map(({ kind, title, verdict, remediation }) => ({
      kind: kind === 'ip' ? 'IP address' : (formats.words(kind) ?? kind),
      title,
      verdict: verdict === 'unknown' ? null : formats.words(verdict),
      remediation: remediation === null || remediation === 'none' ? null : formats.words(remediation),
    })),
    webUrl: alert.webUrl,
  }
}

const fieldNames: Record<string, string> = {
  title: 'Title',
  severity: 'Severity',
  status: 'Status',
  assignedTo: 'Assigned to',
  classification: 'Classification',
  determination: 'Determination',
  tags: 'Tags',
  redirectTo: 'Merged into',
}

/** What happened to the incident, ours and Microsoft's, newest first, in words. */
export function activityOf(activity: readonly ActivityView[]) {
  return activity.map(one => ({
    at: one.at,
    title: titleOf(one),
    detail: one.comment ?? changeWords(one.changes),
    by: one.actor ?? (one.source === 'microsoft' ? 'Microsoft' : null),
  }))
}

function titleOf({ kind, changes }: ActivityView): string {
  if (kind === 'created') return 'Created'
  if (kind === 'commented') return 'Comment'
  if (kind === 'merged') return 'Merged into another incident'
  if (kind === 'deleted') return 'Deleted at Microsoft'
  return `${changes.map(({ field }) => fieldNames[field] ?? field).join(', ')} changed`
}

function changeWords(changes: ActivityView['changes']): string | null {
  if (changes.length === 0) return null
  return changes
    .map(({ field, from, to }) => `${valueWords(field, from)} → ${valueWords(field, to)}`)
    .join('; ')
}

function valueWords(field: string, value: unknown): string {
  if (Array.isArray(value)) return value.length > 0 ? value.join(', ') : 'none'
  if (value === null || value === undefined || value === '')
    return field === 'assignedTo' ? 'Unassigned' : 'none'
  const text = String(value)
  if (field === 'status') return statusName(text)
  if (field === 'classification') return classificationName(text)
  if (field === 'determination') return determinationName(text)
  return field === 'severity' ? (formats.words(text) ?? text) : text
}

/** Comments, newest first. */
export function commentsOf(comments: readonly Comment[]) {
  return comments
    .map(({ comment, createdBy, createdAt }) => ({
      at: createdAt,
      title: createdBy ?? 'Unknown author',
      detail: comment,
    }))
    .toReversed()
}
