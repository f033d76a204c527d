import type { Comment } from '../microsoft/defender/index.ts'
import type { IncidentColumns } from './columns.ts'
import type { ActivityView } from './model.ts'

/** Something that happened to an incident, before it is a row. */
export type NewActivity = ActivityView & { incidentId: string }

/** What a row said of an incident before it is written over. */
export type KnownIncident = Pick<
  IncidentColumns,
  'incidentId' | 'updatedExact' | (typeof followed)[number]
> & {
  comments: Comment[]
  redirectTo: string | null
  isDeleted: boolean
  areAlertsDue: boolean
  /** Whether it was written after the answer at hand was asked for. */
  isNewer: boolean
}

/** Fields whose changes are told. */
const followed = [
  'title',
  'severity',
  'status',
  'assignedTo',
  'classification',
  'determination',
  'tags',
] as const

/** Who is behind a change. */
export type Origin = { source: 'tenantry' | 'microsoft'; actor: string | null }

/** What differs between a row and what is known now, as people would tell it; empty when nothing that they follow does. */
export function activitiesBetween(
  before: KnownIncident,
  after: IncidentColumns,
  origin: Origin,
): NewActivity[] {
  const base = { incidentId: after.incidentId, ...origin, comment: null }
  const at = after.updatedAt
  const activities: NewActivity[] = []
  if (after.redirectTo !== null && after.redirectTo !== before.redirectTo) {
    const changes = [{ field: 'redirectTo', from: before.redirectTo, to: after.redirectTo }]
    activities.push({ ...base, at, kind: 'merged', changes })
  }
  const changes = followed
    .filter(field => !isSame(before[field], after[field]))
    .map(field => ({ field, from: before[field], to: after[field] }))
  if (changes.length > 0) activities.push({ ...base, at, kind: 'changed', changes })

  const known = new Set(before.comments.map(keyOf))
  for (const comment of after.comments as Comment[]) {
    if (known.has(keyOf(comment))) continue
    activities.push({
      ...base,
      actor: origin.source === 'tenantry' ? origin.actor : comment.createdBy,
      at: comment.createdAt ?? at,
      kind: 'commented',
      changes: [],
      comment: comment.comment,
    })
  }
  return activities
}

/** Whether an answer says of an incident what the row says already. */
export function isUnchanged(before: KnownIncident, after: IncidentColumns): boolean {
  return (
    before.updatedExact === after.updatedExact &&
    before.redirectTo === after.redirectTo &&
    before.comments.length === (after.comments as Comment[]).length &&
    followed.every(field => isSame(before[field], after[field]))
  )
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

function keyOf({ comment, createdBy, createdAt }: Comment): string {
  return JSON.stringify([comment, createdBy, createdAt])
}
