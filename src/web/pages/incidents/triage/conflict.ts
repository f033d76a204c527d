import type { IncidentView } from '../../../../incidents/model.ts'
import type { IncidentChange } from '../../../../microsoft/defender/index.ts'
import { classificationName, determinationName, statusName } from '../words.ts'

/** What somebody wanted to write beside what Microsoft has meanwhile. */
export type Conflict = {
  rows: { label: string; mine: string; theirs: string }[]
  /** What to send again to write mine over theirs. */
  fields: { name: string; value: string }[]
}

const labels = {
  status: 'Status',
  assignedTo: 'Assigned to',
  classification: 'Classification',
  tags: 'Tags',
} as const

export function conflictOf(change: IncidentChange, current: IncidentView): Conflict {
  const { status, assignedTo, classification, determination, tags, comment } = change
  const rows: Conflict['rows'] = []
  const fields = [{ name: 'updatedAt', value: current.updatedAt }]
  if (status !== undefined) {
    rows.push({ label: labels.status, mine: statusName(status), theirs: statusName(current.status) })
    fields.push({ name: 'status', value: status })
  }
  if (assignedTo !== undefined) {
    rows.push({
      label: labels.assignedTo,
      mine: assignedTo ?? 'Unassigned',
      theirs: current.assignedTo ?? 'Unassigned',
    })
    fields.push({ name: 'assignedTo', value: assignedTo ?? 'none' })
  }
  if (classification !== undefined && determination !== undefined) {
    rows.push({
      label: labels.classification,
      mine: `${classificationName(classification)} · ${determinationName(determination)}`,
      theirs: `${classificationName(current.classification)} · ${determinationName(current.determination)}`,
    })
    fields.push({ name: 'classification', value: `${classification}/${determination}` })
  }
  if (tags !== undefined) {
    rows.push({
      label: labels.tags,
      mine: tags.join(', ') || 'none',
      theirs: current.tags.join(', ') || 'none',
    })
    fields.push({ name: 'tags', value: tags.join(', ') })
  }
  if (comment !== undefined) fields.push({ name: 'comment', value: comment })
  return { rows, fields }
}
