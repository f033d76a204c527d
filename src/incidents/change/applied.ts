import type { Incident, IncidentChange } from '../../microsoft/defender/index.ts'

/** What an incident says of the fields that a change names. */
export function fieldsOf(incident: Incident, change: IncidentChange): Record<string, unknown> {
  const { comment: _, ...fields } = change
  return Object.fromEntries(Object.keys(fields).map(name => [name, incident[name as keyof Incident]]))
}

/**
 * The members of a change that an incident does not show.
 *
 * @param before the incident before the change: a comment counts as there when there is one more like it
 */
export function missingOf(change: IncidentChange, before: Incident, after: Incident): string[] {
  const { comment, ...fields } = change
  const missing = Object.entries(fields)
    .filter(([name, value]) => !isSame(value, after[name as keyof Incident]))
    .map(([name]) => name)
  if (comment === undefined) return missing
  const count = (incident: Incident) =>
    incident.comments.filter(one => one.comment.trim() === comment.trim()).length
  return count(after) > count(before) ? missing : [...missing, 'comment']
}

/** Names and tags are compared without case and order: services keep them their own way. */
function isSame(wanted: unknown, found: unknown): boolean {
  if (Array.isArray(wanted) && Array.isArray(found)) {
    return JSON.stringify(wanted.map(lower).sort()) === JSON.stringify(found.map(lower).sort())
  }
  return lower(wanted ?? '') === lower(found ?? '')
}

function lower(value: unknown): string {
  return String(value).trim().toLowerCase()
}
